"""Sampled answers of adapters under each persona's prompt, and their counts of markers."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain, islice

from manylora.adapters.adapter_bank import AdapterWeights, with_adapters
from manylora.chats.chat import Chat
from manylora.config import AdapterShape
from manylora.models.loaded_model import LoadedModel
from manylora.progress import Progress, silent
from manylora.sampling.sampling import sample
from manylora.sampling.sampling_requests import Completion, Request, Sampling
from marker_coupling.measures.answers import Answers
from marker_coupling.study.prompts import PersonaPrompt


def seeded_requests(
    loaded: LoadedModel, questions: Sequence[str], prompt: PersonaPrompt, samples: int, seed: str
) -> list[Request]:
    """Return requests for answers to questions under a persona's prompt.

    Parameters
    ----------
    samples : of each question
    seed : of the samples, any text; persona and question become part of it
    """
    chats = loaded.chat_tokens([Chat(prompt.system, question) for question in questions])
    return [
        Request(tokens, samples, f"{seed} as {prompt.name}: {question}")
        for tokens, question in zip(chats, questions, strict=True)
    ]


def sample_answers(
    loaded: LoadedModel,
    shape: AdapterShape,
    adapters: Sequence[AdapterWeights],
    requests: Sequence[Sequence[Sequence[Request]]],
    sampling: Sampling,
    *,
    task: str = "sampling answers",
    progress: Progress = silent,
) -> list[list[Answers]]:
    """Sample answers from many adapters at once.

    Parameters
    ----------
    adapters : none for those that are attached already
    requests : for each adapter, for each condition (such as a persona's prompt); equally many everywhere

    Returns
    -------
    list
        For each adapter and condition its answers: question by question, all samples of one in a row.
    """
    sizes = [len(condition) for condition in requests[0]]
    with with_adapters(loaded, shape, adapters):
        flat = [list(chain(*conditions)) for conditions in requests]
        sampled = sample(loaded, flat, sampling, task=task, progress=progress)
    return [
        [_decode(loaded, list(islice(completions, size))) for size in sizes]
        for completions in map(iter, sampled)
    ]


def _decode(loaded: LoadedModel, completions: Sequence[Sequence[Completion]]) -> Answers:
    """Decode the completions of one condition, prompt by prompt."""
    flat = list(chain(*completions))
    texts = tuple(loaded.decode(completion.tokens) for completion in flat)
    return Answers(texts, sum(not completion.ended for completion in flat))
