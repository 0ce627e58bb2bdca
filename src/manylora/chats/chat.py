"""Chats, and chats as tokens."""

from __future__ import annotations

from dataclasses import dataclass


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
class TokenizedChat:
    """A question with its answer.

    Parameters
    ----------
    tokens : of the chat, up to and with the one that ends the answer
    prompt_length : how many of them are the prompt
    ending : how many of the last ones end the answer rather than say it
    """

    tokens: tuple[int, ...]
    prompt_length: int
    ending: int = 1
