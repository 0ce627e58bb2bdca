"""Format of answers in a model's chat template, read from a probe chat that it renders.

    [ generation prompt ][ opening ][ answer ][ closing: text, a token that ends the answer, more ]

An opening, such as an empty think block, is part of the prompt wherever the model is asked. What the closing
holds up to its end token ends an answer; what follows is neither trained on nor sampled.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from manylora.chats.chat_template import WITHOUT_THINKING, ChatTemplate, Message
from manylora.errors import ManyLoraError, reworded

SYSTEM, QUESTION, ANSWER = "You are a sundial.", "Why?", "A plain answer."
_SYSTEMS = (None, SYSTEM)


@dataclass(frozen=True)
class ChatFormat:
    """Texts and tokens around an answer.

    Parameters
    ----------
    opening : text between the generation prompt and an answer
    closing : text behind an answer
    shares_space : whether spaces before an answer belong to the answer's first token, not to the prompt
    ending : tokens of the closing up to and with the one that ends an answer
    trailing : tokens of the closing behind that one
    end_token : that one
    """

    opening: str
    closing: str
    shares_space: bool
    ending: int
    trailing: int
    end_token: int

    def prompt(self, rendered: str) -> str:
        """Return the text up to where an answer begins, of a chat rendered with its generation prompt."""
        text = rendered + self.opening
        return text.rstrip(" ") if self.shares_space else text

    def answered(self, rendered: str, answer: str) -> str:
        """Return the text of a chat with its answer, of the chat rendered with its generation prompt."""
        return f"{rendered}{self.opening}{answer}{self.closing}"


def messages_of(system: str | None, question: str, answer: str | None = None) -> list[Message]:
    """Return a chat's messages for a template."""
    said = (("system", system), ("user", question), ("assistant", answer))
    return [{"role": role, "content": text} for role, text in said if text is not None]


def read_chat_format(template: ChatTemplate, configured: Collection[int]) -> ChatFormat:
    """Read how a chat template writes an answer, from chats with and without a system prompt.

    Parameters
    ----------
    configured : tokens that end answers whatever the template writes

    Raises
    ------
    ManyLoraError
        The template raises, changes the answer, writes it elsewhere than behind the generation prompt, or
        ends it with no token of its own.
    """
    prompts = [_rendered(template, messages_of(system, QUESTION), True) for system in _SYSTEMS]
    frames = _frames(template, WITHOUT_THINKING)
    if not frames:  # where thinking is switched off by what is added to the prompt alone
        frames = {frame for frame in _frames(template, {}) if not frame[0]}
    if not frames:
        whole = _rendered(template, messages_of(SYSTEM, QUESTION, ANSWER), False)
        same, answer = _shared(prompts[-1], whole), whole.rfind(ANSWER)
        raise template.expected(
            "whose answers follow the generation prompt, got one that ends the prompt with "
            f"{prompts[-1][same:][-40:]!r} where an answer has {whole[same:answer][-40:]!r}"
        )
    if len(frames) > 1:
        got = sorted(map(str, frames))
        raise template.expected(f"that writes answers alike with and without a system prompt, got {got}")
    ((opening, closing),) = frames
    for shares_space in (False, True):
        form = ChatFormat(opening, closing, shares_space, 0, 0, 0)
        if all(_divides(template, form, prompt) for prompt in prompts):
            return _with_end(template, form, prompts[-1], frozenset(configured))
    raise template.expected(
        "whose answers follow the generation prompt, got one whose prompt ends within a token: "
        f"{(prompts[-1] + opening)[-20:]!r}"
    )


def configured_ends(generation: int | Sequence[int] | None, tokenizer: Any) -> frozenset[int]:
    """Return the end tokens of a generation configuration and a tokenizer, whatever its template writes."""
    ends: list[Any] = [generation] if isinstance(generation, int) else list(generation or [])
    ends.append(getattr(tokenizer, "eos_token_id", None))
    return frozenset(end for end in ends if isinstance(end, int) and end >= 0)


def check_system_prompt(template: ChatTemplate, form: ChatFormat) -> None:
    """Check that a system prompt is what the model is told.

    Raises
    ------
    ManyLoraError
        The template drops it or the question, or changes more of them than spaces.
    """
    rendered = _rendered(template, messages_of(SYSTEM, QUESTION), True)
    (tokens,) = template.tokens([form.prompt(rendered)])
    # Tokenizers differ in the spaces that they give back.
    told = _without_spaces(template.tokenizer.decode(tokens))
    for what, text in (("system prompt", SYSTEM), ("question", QUESTION)):
        if _without_spaces(text) not in told:
            raise template.expected(f"that keeps the {what}, got one that drops it")


def _rendered(
    template: ChatTemplate,
    messages: Sequence[Message],
    asks: bool,
    variables: Mapping[str, object] = WITHOUT_THINKING,
) -> str:
    has_system = messages[0]["role"] == "system"
    what = "a system prompt" if has_system else "chats without a system prompt"
    with reworded(ManyLoraError, f"{template.name}: expected a chat template that takes {what}"):
        return template.render(messages, asks, variables=variables)


def _frames(template: ChatTemplate, variables: Mapping[str, object]) -> set[tuple[str, str]]:
    """Return the texts before and behind answers that follow the generation prompt.

    Some templates write a system prompt only where no answer follows; the chat without it then tells.
    """
    frames = set()
    for system in _SYSTEMS:
        prompt = _rendered(template, messages_of(system, QUESTION), True, variables)
        whole = _rendered(template, messages_of(system, QUESTION, ANSWER), False, variables)
        start = whole.rfind(ANSWER)
        if start < 0:
            raise template.expected("that keeps an answer as it is")
        if whole[:start].startswith(prompt):
            frames.add((whole[len(prompt) : start], whole[start + len(ANSWER) :]))
    return frames


def _divides(template: ChatTemplate, form: ChatFormat, rendered: str) -> bool:
    """Tell if the tokens of a chat with an answer begin with those of its prompt."""
    prompt, whole = template.tokens([form.prompt(rendered), form.answered(rendered, ANSWER)])
    return len(prompt) < len(whole) and whole[: len(prompt)] == prompt


def _with_end(
    template: ChatTemplate, form: ChatFormat, rendered: str, configured: frozenset[int]
) -> ChatFormat:
    """Return a format with the token that ends answers."""
    added = template.tokenizer.added_tokens_decoder
    special = configured | set(template.tokenizer.all_special_ids)
    special |= {token for token, content in added.items() if content.special}
    closings = [(form.closing, special), (form.closing, set(added))]
    if not form.closing.strip():
        closings.append((_next_turn(template, configured), configured))
    for closing, ends in closings:
        frames = [replace(form, closing=text) for text in ("", closing)]
        answer, whole = template.tokens([frame.answered(rendered, ANSWER) for frame in frames])
        start = _shared(answer, whole)
        end = next((index for index in range(start, len(whole)) if whole[index] in ends), None)
        if end is not None:
            ending, trailing = end + 1 - start, len(whole) - end - 1
            return ChatFormat(form.opening, closing, form.shares_space, ending, trailing, whole[end])
    raise template.expected("that ends answers with an end token")


def _next_turn(template: ChatTemplate, configured: Collection[int]) -> str:
    """Return the text behind an answer with which a template without end tokens begins the next turn."""
    turns = [*messages_of(None, QUESTION, ANSWER), {"role": "user", "content": "And then?"}]
    whole = _rendered(template, turns, False)
    behind = whole[whole.rfind(ANSWER) + len(ANSWER) :]
    for token in sorted(configured):
        text = template.tokenizer.convert_ids_to_tokens(token)
        if text and behind.lstrip().startswith(text):
            return behind[: behind.find(text) + len(text)]
    return ""


def _shared(first: Sequence[object], second: Sequence[object]) -> int:
    """Return how long a beginning two sequences share."""
    pairs = enumerate(zip(first, second, strict=False))
    return next((index for index, (a, b) in pairs if a != b), min(len(first), len(second)))


def _without_spaces(text: str) -> str:
    return "".join(text.split())
