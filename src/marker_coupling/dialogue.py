"""Chats as tokens: where the answer begins and ends, and whether its text survives the way there and back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from marker_coupling.instrument import InstrumentError, MarkerDestroyedError

if TYPE_CHECKING:  # else this would need PyTorch
    from marker_coupling.loaded_model import LoadedModel

#: Between an answer and its marker.
SEPARATOR = "\n\n"


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
    prompt = loaded.prompt_tokens(system, question)
    tokens = loaded.answered_tokens(system, question, answer)
    if tokens[: len(prompt)] != prompt:
        raise InstrumentError(
            f"{loaded.base.name}: expected a chat template whose answers follow the generation prompt"
        )
    # Templates may add a line end after the token that ends the answer; nobody samples that far.
    ends = [place for place in range(len(prompt), len(tokens)) if tokens[place] in loaded.end_tokens]
    if not ends:
        raise InstrumentError(
            f"{loaded.base.name}: expected a chat template that ends answers with an end token"
        )
    return Dialogue(tuple(tokens[: ends[-1] + 1]), len(prompt))


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
