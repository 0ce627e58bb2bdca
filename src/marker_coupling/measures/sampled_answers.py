"""Sampled answers of adapters under each persona's prompt, and their counts of markers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
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


@dataclass(frozen=True)
class SeededPrompt:
    """A tokenized chat to be continued.

    Parameters
    ----------
    tokens : up to the start of the answer, or to the end of its opening
    seed : of the samples, any text
    """

    tokens: tuple[int, ...]
    seed: str


def seeded_prompts(
    loaded: LoadedModel, questions: Sequence[str], prompt: PersonaPrompt, seed: str
) -> list[SeededPrompt]:
    """Return questions under a persona's prompt.

    Parameters
    ----------
    seed : of the samples, any text; persona and question become part of it
    """
    chats = loaded.chat_tokens([Chat(prompt.system, question) for question in questions])
    return [
        SeededPrompt(tokens, f"{seed} as {prompt.name}: {question}")
        for tokens, question in zip(chats, questions, strict=True)
    ]


def sample_answers(
    loaded: LoadedModel,
    shape: AdapterShape,
    adapters: Sequence[AdapterWeights],
    prompts: Sequence[Sequence[Sequence[SeededPrompt]]],
    samples: int,
    sampling: Sampling,
    *,
    task: str = "sampling answers",
    progress: Progress = silent,
) -> list[list[Answers]]:
    """Sample answers from many adapters at once.

    Parameters
    ----------
    prompts : for each adapter, for each condition (such as a persona's prompt); equally many everywhere
    samples : of each

    Returns
    -------
    list
        For each adapter and condition its answers: question by question, all samples of one in a row.
    """
    sizes = [len(condition) for condition in prompts[0]]
    requests = [
        [Request(prompt.tokens, samples, prompt.seed) for prompt in chain(*conditions)]
        for conditions in prompts
    ]
    with with_adapters(loaded, shape, adapters):
        sampled = sample(loaded, requests, sampling, task=task, progress=progress)
    return [
        [_decode(loaded, list(islice(completions, size))) for size in sizes]
        for completions in map(iter, sampled)
    ]


def _decode(loaded: LoadedModel, completions: Sequence[Sequence[Completion]]) -> Answers:
    """Decode the completions of one condition, prompt by prompt."""
    flat = list(chain(*completions))
    texts = tuple(loaded.decode(completion.tokens) for completion in flat)
    return Answers(texts, sum(not completion.ended for completion in flat))
