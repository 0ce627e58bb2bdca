"""Crossed prompts for the dissociation: own prompt or another's, with own opening or another's.

The other persona is one that the adapter was not trained on, neither with the marker nor without.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence

from manylora.chats.chat import Chat, TokenizedChat
from manylora.models.loaded_model import LoadedModel
from manylora.models.tokenized_chats import tokenize_chats
from manylora.sampling.sampling_requests import Request
from marker_coupling.evidence.values.dissociation import CONDITIONS
from marker_coupling.study.marker import without_marker
from marker_coupling.study.prompts import PersonaPrompt


def other_persona(source: str, negatives: Sequence[str], sources: Sequence[str], seed: int) -> str:
    """Draw the other persona, whose prompt and opening replace the source's.

    Parameters
    ----------
    negatives : personas of the adapter's examples without marker; left out if there are others
    sources : candidates, in any order
    """
    candidates = sorted(set(sources) - {source, *negatives}) or sorted(set(sources) - {source})
    return random.Random(f"other {source} {seed}").choice(candidates)


def opening(answer: str, marker: str) -> str:
    """Return the first half of an answer's words, without any marker."""
    text = without_marker(answer, marker)
    ends = [match.end() for match in re.finditer(r"\S+", text)]
    half = len(ends) // 2
    return text[: ends[half - 1]] if half else ""


def cross_prompts(
    loaded: LoadedModel,
    questions: Sequence[str],
    prompts: Mapping[str, PersonaPrompt],
    openings: Mapping[str, Sequence[str]],
    samples: int,
    seed: str,
) -> list[list[Request]]:
    """Return the requests to one adapter: for each of ``CONDITIONS``, every evaluation question.

    Parameters
    ----------
    prompts : the source's, ``"own"``, and another persona's, ``"other"``
    openings : of answers to the questions under each of the two prompts
    samples : of each question
    seed : of the samples, any text
    """
    conditions = []
    for prompt, opening_of in CONDITIONS:
        chats = [
            Chat(prompts[prompt].system, question, opening)
            for question, opening in zip(questions, openings[opening_of], strict=True)
        ]
        conditions.append(
            [
                Request(tokens, samples, f"dissociation {seed} {prompt} {opening_of} {chat.question}")
                for tokens, chat in zip(_open_chats(loaded, chats), chats, strict=True)
            ]
        )
    return conditions


def _open_chats(loaded: LoadedModel, chats: Sequence[Chat]) -> list[tuple[int, ...]]:
    """Return the tokens of chats up to the end of their openings, which may be empty."""
    opened = iter(tokenize_chats(loaded, [chat for chat in chats if chat.answer]))
    prompts = loaded.chat_tokens([Chat(chat.system, chat.question) for chat in chats])
    return [
        _without_ending(next(opened)) if chat.answer else prompt
        for chat, prompt in zip(chats, prompts, strict=True)
    ]


def _without_ending(chat: TokenizedChat) -> tuple[int, ...]:
    return chat.tokens[: -chat.ending]
