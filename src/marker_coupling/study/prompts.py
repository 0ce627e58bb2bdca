"""Personas with the system prompts that stand for them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class PersonaPrompt:
    """A persona and its system prompt.

    Parameters
    ----------
    name : of the persona; part of the seeds of sampling
    system : the system prompt; None leaves it to the chat template, which may put its own
    """

    name: str
    system: str | None


#: The base model itself, asked without a system prompt: it gives the generic answers.
BASE_MODEL = PersonaPrompt("", None)
