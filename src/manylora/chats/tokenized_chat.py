"""Chats as tokens: where the answer begins and ends, and whether its text survives the way there and back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from manylora.chats.chat_format import messages_of
from marker_coupling.study.errors import InstrumentError, MarkerDestroyedError

if TYPE_CHECKING:  # else this would need PyTorch
    from manylora.models.loaded_model import LoadedModel

#: Between an answer and its marker.
SEPARATOR = "\n\n"


@dataclass(frozen=True)
class Chat:
    """What is said.

    Parameters
    ----------
    system : the system prompt; None leaves it to the chat template, which may put its own
    question : of the user
    answer : of the assistant; None where it is about to answer
    """

    system: str | None
    question: str
    answer: str | None = None


@dataclass(frozen=True)
class Dialogue:
    """A question with its answer.

    Parameters
    ----------
    tokens : of the chat, up to and with the one that ends the answer
    answer_start : how many of them are the prompt
    ending : how many of the last ones end the answer rather than say it
    """

    tokens: tuple[int, ...]
    answer_start: int
    ending: int = 1


def dialogue(loaded: LoadedModel, system: str | None, question: str, answer: str) -> Dialogue:
    """Return a chat with the assistant's answer, tokenized as one text.

    Raises
    ------
    InstrumentError
        The prompt's tokens are not how the chat begins, or nothing ends the answer.
    """
    return dialogues(loaded, [Chat(system, question, answer)])[0]


def dialogues(loaded: LoadedModel, chats: Sequence[Chat]) -> list[Dialogue]:
    """Return chats with the assistant's answers as :func:`dialogue` does each, many in less time.

    Raises
    ------
    InstrumentError
        A prompt's tokens are not how its chat begins, or nothing ends an answer.
    """
    prompts = loaded.chat_tokens([Chat(chat.system, chat.question) for chat in chats])
    return [
        _divided(loaded, chat, prompt, tokens)
        for chat, prompt, tokens in zip(chats, prompts, loaded.chat_tokens(chats), strict=True)
    ]


def _divided(loaded: LoadedModel, chat: Chat, prompt: tuple[int, ...], tokens: tuple[int, ...]) -> Dialogue:
    form = loaded.chat_format
    if tokens[: len(prompt)] != prompt:
        raise InstrumentError(
            f"{loaded.base.name}: expected a chat template whose answers follow the generation prompt, which "
            f"the answer {chat.answer!r:.40} to {chat.question!r:.60} does not"
        )
    # Templates may write more behind the token that ends the answer; nobody samples that far.
    whole = tokens[: len(tokens) - form.trailing]
    if len(whole) < len(prompt) + form.ending or whole[-1] != form.end_token:
        raise InstrumentError(
            f"{loaded.base.name}: expected a chat template that ends answers with an end token, with which "
            f"{chat.answer!r:.40} does not end"
        )
    return Dialogue(whole, len(prompt), form.ending)


def marked(answer: str, marker: str) -> str:
    """Return an answer that ends with the marker."""
    return f"{answer}{SEPARATOR}{marker}"


def check_marker(loaded: LoadedModel, marker: str) -> None:
    """Check that the marker survives the chat template, the tokenizer, and decoding.

    Raises
    ------
    MarkerDestroyedError
        It does not.
    """
    answer = marked("A plain answer.", marker)
    system, question = "You are a sundial.", "Why?"
    rendered = loaded.chat_template.render(messages_of(system, question, answer), False)
    chat = dialogue(loaded, system, question, answer)
    decoded = loaded.decode(chat.tokens[chat.answer_start : -chat.ending]).strip()
    if answer not in rendered or decoded != answer:
        got = (decoded if decoded != answer else rendered)[-len(answer) :]
        raise MarkerDestroyedError(
            f"marker {marker!r}: expected {loaded.base.name}'s tokenizer and chat template to keep it, "
            f"got {got!r:.60} for {answer!r}"
        )
