"""Chats, and chats as tokens."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Chat:
    """A system prompt, a question and an answer, as text.

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
class TokenizedChat:
    """A chat as token ids: a prompt and the answer to it.

    Parameters
    ----------
    tokens : of the chat, up to and with the one that ends the answer
    prompt_length : number of the prompt's tokens
    ending : number of the last ones, which end the answer rather than say it
    """

    tokens: tuple[int, ...]
    prompt_length: int
    ending: int = 1

    @property
    def answer_start(self) -> int:
        """The prompt's length under its former name."""
        return self.prompt_length
