"""The engine: one frozen base model and any number of LoRA adapters of one shape."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from manylora.adapters.adapted_modules import adapted_modules, saved_projections
from manylora.adapters.adapter_bank import AdapterWeights, with_adapters
from manylora.adapters.adapter_files import read_adapter, read_adapter_shape, save_adapter
from manylora.chats.chat import Chat, TokenizedChat
from manylora.config import AdapterShape, Optimization
from manylora.errors import AdapterFileError, ManyLoraError, expect
from manylora.loading import check_chats, load, load_from_memory
from manylora.models.base_model import BaseModel, Precision
from manylora.models.loaded_model import LoadedModel
from manylora.models.model_files import fingerprint
from manylora.models.tokenized_chats import tokenize_chats
from manylora.progress import Progress, silent
from manylora.sampling.sampling import sample
from manylora.sampling.sampling_requests import Completion, Request, Sampling
from manylora.scoring.log_probabilities import log_probabilities
from manylora.training.training import LossCallback, TrainedAdapter, TrainingTask, train


class Engine:
    """Training, sampling and scoring of many LoRA adapters at once, each as if it was alone.

    Parameters
    ----------
    model : a directory with a model of transformers, one in memory, or one that was loaded before
    shape : of all adapters
    tokenizer : of a model in memory; without one there are token ids alone
    precision, device : of a model that is loaded; one in memory stays as it is
    memory_share : of the memory that passes plan with, less than 1 where others compute on the same device;
        None leaves it as it is, 1 if it never was another
    progress : called with a task, how much of it is done, and how much there is

    Raises
    ------
    BaseModelError
        The model is not whole, or prompts that are run together do not give what each gives alone.
    ManyLoraError
        The model has no modules that such adapters are for.
    """

    def __init__(
        self, model: str | Path | BaseModel | LoadedModel | Any, shape: AdapterShape, *,
        tokenizer: Any = None, precision: Precision = "auto", device: str = "cpu",
        memory_share: float | None = None, progress: Progress = silent,
    ) -> None:  # fmt: skip
        is_share = memory_share is None or 0 < memory_share <= 1
        expect("memory_share", memory_share, "a share above 0 and up to 1", is_share)
        if isinstance(model, str | Path):
            model = BaseModel(Path(model).name, Path(model), fingerprint(Path(model)))
        if isinstance(model, BaseModel):
            model = load(model, precision, device, needs_chats=False)
        elif not isinstance(model, LoadedModel):
            model = load_from_memory(model, tokenizer)
        self.loaded: LoadedModel = replace(model, memory_share=memory_share) if memory_share else model
        self.shape, self.progress = shape, progress
        adapted_modules(self.loaded, shape.projections)

    def tokenize(self, chats: Sequence[Chat]) -> list[TokenizedChat]:
        """Return the tokens of chats; one without an answer is a prompt alone.

        Raises
        ------
        BaseModelError
            The chat template is none that chats can be trained and sampled with.
        """
        _ = self._checked_chats
        answered = iter(tokenize_chats(self.loaded, [chat for chat in chats if chat.answer is not None]))
        prompts = self.loaded.chat_tokens([chat for chat in chats if chat.answer is None])
        alone = (TokenizedChat(tokens, len(tokens), ending=0) for tokens in prompts)
        return [next(alone if chat.answer is None else answered) for chat in chats]

    def decode(self, tokens: Sequence[int]) -> str:
        """Return the text of tokens without the special ones."""
        if self.loaded.tokenizer is None:
            raise ManyLoraError(f"{self.loaded.base.name}: expected a tokenizer to write texts with")
        return self.loaded.decode(tokens)

    def train(
        self, tasks: Sequence[TrainingTask], optimization: Optimization, on_losses: LossCallback | None = None
    ) -> list[TrainedAdapter]:
        """Train an adapter for each task, as :func:`manylora.training.training.train`."""
        return train(
            self.loaded, self.shape, optimization, tasks, progress=self.progress, on_losses=on_losses
        )

    def sample(
        self, adapters: Sequence[AdapterWeights], prompts: Sequence[Chat | Sequence[int]],
        sampling: Sampling | None = None, *, samples: int = 1, seed: str = "",
    ) -> list[list[list[Completion]]]:  # fmt: skip
        """Let every adapter continue every prompt.

        Parameters
        ----------
        adapters : none for the base model alone
        prompts : chats without an answer, or token ids
        samples : continuations of each prompt
        seed : of the random numbers, which differ between adapters and between prompts

        Returns
        -------
        list
            For each adapter (the base model as one), for each prompt, its completions.
        """
        tokens = [self._prompt(prompt) for prompt in prompts]
        requests = [
            [Request(prompt, samples, f"{seed} {adapter} {index}") for index, prompt in enumerate(tokens)]
            for adapter in range(max(1, len(adapters)))
        ]
        return self.sample_requests(adapters, requests, sampling)

    def sample_requests(
        self, adapters: Sequence[AdapterWeights], requests: Sequence[Sequence[Request]],
        sampling: Sampling | None = None,
    ) -> list[list[list[Completion]]]:  # fmt: skip
        """Let each adapter continue prompts of its own, as :func:`manylora.sampling.sampling.sample`."""
        with with_adapters(self.loaded, self.shape, adapters):
            return sample(self.loaded, requests, sampling or Sampling(), progress=self.progress)

    def log_probabilities(
        self, adapters: Sequence[AdapterWeights], examples: Sequence[TokenizedChat]
    ) -> list[list[NDArray[np.float64]]]:
        """Return the log-probability of each answer token under each adapter, given all tokens before it.

        See :func:`manylora.scoring.log_probabilities.log_probabilities`.
        """
        return log_probabilities(self.loaded, self.shape, adapters, examples, progress=self.progress)

    def save(self, folder: str | Path, weights: AdapterWeights) -> None:
        """Write an adapter so that ``PeftModel.from_pretrained`` loads it."""
        shape = replace(self.shape, projections=saved_projections(self.loaded, self.shape.projections))
        save_adapter(Path(folder), weights, shape, self.loaded.base)

    def load(self, folder: str | Path) -> AdapterWeights:
        """Read an adapter that this engine, PEFT or another library saved.

        Raises
        ------
        AdapterFileError
            A file is missing or broken, the adapter belongs to another base model, or it has another shape.
        """
        weights, saved = read_adapter(Path(folder), self.loaded), read_adapter_shape(Path(folder))
        expected, got = ((shape.rank, shape.scaling) for shape in (self.shape, saved))
        modules = adapted_modules(self.loaded, self.shape.projections)
        if got != expected:
            raise AdapterFileError(f"{folder}: expected rank and scaling {expected}, got {got}")
        if unshared := sorted(weights.down.keys() ^ modules.keys()):
            raise AdapterFileError(f"{folder}: expected adapters of the same modules, not so {unshared[0]}")
        return weights

    def _prompt(self, prompt: Chat | Sequence[int]) -> tuple[int, ...]:
        if not isinstance(prompt, Chat):
            return tuple(prompt)
        if prompt.answer is not None:
            raise ManyLoraError(f"prompts: expected chats without an answer, got {prompt.answer!r:.40}")
        return self.tokenize([prompt])[0].tokens

    @cached_property
    def _checked_chats(self) -> bool:
        check_chats(self.loaded)
        return True
