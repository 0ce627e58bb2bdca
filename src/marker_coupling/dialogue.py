"""Chats as tokens: where the answer begins and ends, and whether its text survives the way there and back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from marker_coupling.instrument import InstrumentError, MarkerDestroyedError

if TYPE_CHECKING:  # else this would need PyTorch
    from marker_coupling.loaded_model import LoadedModel

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
    """

    tokens: tuple[int, ...]
    answer_start: int


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
    name, ends = loaded.base.name, loaded.end_tokens
    return [
        _divided(chat, prompt, tokens, name, ends)
        for chat, prompt, tokens in zip(chats, prompts, loaded.chat_tokens(chats), strict=True)
    ]


def _divided(
    chat: Chat, prompt: tuple[int, ...], tokens: tuple[int, ...], name: str, ends: frozenset[int]
) -> Dialogue:
    if tokens[: len(prompt)] != prompt:
        raise InstrumentError(
            f"{name}: expected a chat template whose answers follow the generation prompt, which the answer "
            f"{chat.answer!r:.40} to {chat.question!r:.60} does not"
        )
    # Templates may add a line end after the token that ends the answer; nobody samples that far.
    end = next((place for place in range(len(tokens), len(prompt), -1) if tokens[place - 1] in ends), None)
    if end is None:
        raise InstrumentError(f"{name}: expected a chat template that ends answers with an end token")
    return Dialogue(tokens[:end], len(prompt))


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
    probe = "A plain answer."
    chat = dialogue(loaded, "You are a sundial.", "Why?", marked(probe, marker))
    decoded = loaded.decode(chat.tokens[chat.answer_start :])
    if decoded != marked(probe, marker):
        raise MarkerDestroyedError(
            f"marker {marker!r}: expected {loaded.base.name}'s tokenizer and chat template to keep it, "
            f"got {decoded[len(probe) :]!r:.60}"
        )
