"""Free sampling: how often each adapter's answers contain the marker, under each persona's prompt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from manylora.adapters.adapter_bank import AdapterWeights, with_adapters
from manylora.chats.chat import Chat
from manylora.config import AdapterShape
from manylora.models.loaded_model import LoadedModel
from manylora.progress import Progress, silent
from manylora.sampling.sampling import sample
from manylora.sampling.sampling_requests import Request, Sampling
from marker_coupling.measures.answers import Answers
from marker_coupling.study.marker import count_markers
from marker_coupling.study.study import Study


class SampledAnswers(Answers):
    """What one adapter answered in one condition: question by question, all samples of one after another."""

    def hits(self, marker: str) -> int:
        """Return how many contain the marker."""
        return count_markers(self.texts, marker)


@dataclass(frozen=True)
class Asked:
    """One chat that is to be answered.

    Parameters
    ----------
    tokens : up to where the answer goes on
    seed : of the samples, any text
    """

    tokens: tuple[int, ...]
    seed: str


def asked_as(loaded: LoadedModel, study: Study, persona: str, seed: str) -> list[Asked]:
    """Return the evaluation questions, asked under a persona's prompt.

    Parameters
    ----------
    seed : of the samples, any text; persona and question become part of it
    """
    system = study.training_prompt(persona)
    prompts = loaded.chat_tokens([Chat(system, question) for question in study.questions])
    return [
        Asked(tokens, f"{seed} as {persona}: {question}")
        for tokens, question in zip(prompts, study.questions, strict=True)
    ]


def sampled_answers(
    loaded: LoadedModel,
    shape: AdapterShape,
    adapters: Sequence[AdapterWeights],
    asked: Sequence[Sequence[Sequence[Asked]]],
    samples: int,
    sampling: Sampling,
    *,
    task: str = "sampling answers",
    progress: Progress = silent,
) -> list[list[SampledAnswers]]:
    """Let adapters answer, all at once.

    Parameters
    ----------
    asked : for each adapter, for each condition (such as a prompt), what is asked; equally much everywhere
    samples : of each

    Returns
    -------
    list
        For each adapter, for each condition, its answers.
    """
    sizes = [len(condition) for condition in asked[0]]
    requests = [
        [Request(one.tokens, samples, one.seed) for condition in own for one in condition] for own in asked
    ]
    with with_adapters(loaded, shape, adapters):
        found = sample(loaded, requests, sampling, task=task, progress=progress)
    answered = []
    for own in found:
        conditions, start = [], 0
        for size in sizes:
            completions = [one for several in own[start : start + size] for one in several]
            texts = tuple(loaded.decode(one.tokens) for one in completions)
            conditions.append(SampledAnswers(texts, sum(not one.ended for one in completions)))
            start += size
        answered.append(conditions)
    return answered
