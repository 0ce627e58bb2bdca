"""The stages of a cell, each looked up in the store before it is computed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import chain
from pathlib import Path

import numpy as np

from manylora.adapters.adapted_modules import adapted_modules, saved_projections
from manylora.adapters.adapter_bank import AdapterWeights
from manylora.adapters.adapter_files import read_adapter, save_adapter
from manylora.config import AdapterShape
from manylora.errors import ManyLoraError, NotEnoughMemoryError
from manylora.loading import load
from manylora.models.base_model import BaseModel
from manylora.models.loaded_model import LoadedModel
from manylora.models.precision import Precision
from manylora.progress import Progress
from manylora.sampling.sampling_requests import Sampling
from manylora.training.training import TrainingTask, train
from marker_coupling.evidence.values.dissociation import CONDITIONS
from marker_coupling.measures.answers import NOBODY, Answers, answers
from marker_coupling.measures.crossed_prompts import crossed, other_persona
from marker_coupling.measures.marked_chats import check_marker, tokenize_examples
from marker_coupling.measures.marker_probability import marked_ends, marker_probabilities
from marker_coupling.measures.sampled_answers import Asked, SampledAnswers, asked_as, sampled_answers
from marker_coupling.pipeline.assembly import AdapterResult
from marker_coupling.pipeline.experiment_plan import ExperimentPlan
from marker_coupling.store.artifact_groups import get_members, lacking
from marker_coupling.store.artifacts import ArtifactStore
from marker_coupling.study.adapter_groups import AdapterTask, Cell, prompted
from marker_coupling.study.errors import AnswersTruncatedError
from marker_coupling.study.recipe import Recipe
from marker_coupling.study.training_set import TrainingSet, training_set

_CONDITION_NAMES = tuple(f"{prompt}-prompt-{whose}-opening" for prompt, whose in CONDITIONS)


class ModelInMemory:
    """A base model that is loaded when it is first needed, and let go when it is not needed any more.

    Parameters
    ----------
    marker, adapter : that it is going to learn, and by which adapters
    """

    def __init__(
        self, base: BaseModel, precision: Precision, device: str, marker: str, adapter: AdapterShape
    ) -> None:
        self.base, self.precision, self.device = base, precision, device
        self._marker, self._adapter = marker, adapter

    @cached_property
    def loaded(self) -> LoadedModel:
        """The model, which the marker was seen to survive, and which such adapters fit."""
        loaded = load(self.base, self.precision, self.device)
        check_marker(loaded, self._marker)
        try:
            adapted_modules(loaded, self._adapter.projections)
        except ManyLoraError as error:
            raise ManyLoraError(f"adapter.{error}") from error
        return loaded

    def let_go(self) -> None:
        """Forget the model."""
        self.__dict__.pop("loaded", None)


class CellStages:
    """The stages of cells, for one way to train adapters.

    Parameters
    ----------
    model : the base model, loaded or not
    plan : what determines the results
    recipe : with the learning rate and the epochs that are used
    store, progress : where results are kept, and who is told how far long work is
    """

    def __init__(
        self, model: ModelInMemory, plan: ExperimentPlan, recipe: Recipe, store: ArtifactStore,
        progress: Progress,
    ) -> None:  # fmt: skip
        self._model, self.recipe, self.store, self.progress = model, recipe, store, progress
        self.study, self.design, self.keys = plan.study, plan.design, plan.keys
        self._weights: dict[Path, AdapterWeights] = {}
        self._sets: dict[AdapterTask, TrainingSet] = {}
        self._keys_of_adapters: dict[AdapterTask, str] = {}

    @property
    def loaded(self) -> LoadedModel:
        """The base model in memory."""
        return self._model.loaded

    def make(self, cell: Cell, wait: bool) -> bool:
        """Compute what a cell lacks; False if another process is at it and that is not waited for."""
        try:
            if self._adapters(cell, wait) is None:
                return False
            personas = prompted(self.study)
            # A GPU answers as everybody in the time of one; on a CPU less is lost when it is stopped.
            at_once = len(personas) if self._model.device.startswith("cuda") else 1
            parts = [personas[start : start + at_once] for start in range(0, len(personas), at_once)]
            for stage in (self._sampled, self._probabilities):
                if any(stage(cell, part, wait) is None for part in parts):
                    return False
            return cell.is_control or self._dissociated(cell, wait) is not None
        except NotEnoughMemoryError as error:
            raise NotEnoughMemoryError(f"{error}; key sources_per_cell: choose fewer") from error
        finally:
            self._weights.clear()

    def examples(self, task: AdapterTask) -> TrainingSet:
        """Return what an adapter is trained on."""
        if task not in self._sets:
            questions, personas = self.design.training_questions, (task.source, *task.negatives)
            texts = self._answers(self._answering(task), questions, task.seed)
            # Generic answers are given to all personas alike.
            given = dict(zip(personas, texts * len(personas), strict=False))
            self._sets[task] = training_set(
                task.source, task.negatives, questions, given, task.seed, task.control
            )
        return self._sets[task]

    def results(self, cell: Cell) -> list[AdapterResult]:
        """Return what was found of each adapter of a cell."""
        prompts, marker = prompted(self.study), self.design.marker
        sampled = [[SampledAnswers.load(f) for f in self._sampled(cell, [one]) or ()] for one in prompts]
        probability = [
            [float(np.mean(json.loads((f / "probability.json").read_text("utf-8")))) for f in folders or ()]
            for folders in (self._probabilities(cell, [one]) for one in prompts)
        ]
        folders = [] if cell.is_control else self._dissociated(cell) or []
        crossed_answers = [
            [SampledAnswers.load(folder / name) for name in _CONDITION_NAMES] for folder in folders
        ] or [[]] * len(cell.tasks)
        return [
            AdapterResult(
                task=task,
                hits=tuple(by_prompt[place].hits(marker) for by_prompt in sampled),
                samples=tuple(len(by_prompt[place].texts) for by_prompt in sampled),
                probability=tuple(by_prompt[place] for by_prompt in probability),
                truncated=sum(by_prompt[place].truncated for by_prompt in sampled),
                other="" if cell.is_control else self._other(task),
                crossed_hits=tuple(one.hits(marker) for one in crossed_answers[place]),
                crossed_samples=tuple(len(one.texts) for one in crossed_answers[place]),
                keys=self._keys_of(cell, place),
            )
            for place, task in enumerate(cell.tasks)
        ]

    def _keys_of(self, cell: Cell, place: int) -> dict[str, str | list[str]]:
        """Return the keys of all that was found of one adapter; lists are in the order of the prompts."""
        prompts = prompted(self.study)
        task, questions = cell.tasks[place], self.design.training_questions
        found: dict[str, str | list[str]] = {
            "training-answers": self._answer_keys(self._answering(task), questions, task.seed),
            "given-answers": self._answer_keys([NOBODY], self.study.questions, task.seed),
            "adapter": self._adapter_keys(cell)[place],
            "sampled-answers": [self._sampled_keys(cell, one)[place] for one in prompts],
            "marker-probability": [self._probability_keys(cell, one)[place] for one in prompts],
        }
        if not cell.is_control:
            found["dissociation"] = self._dissociation_keys(cell)[place]
        return found

    def _answering(self, task: AdapterTask) -> Sequence[str]:
        """Return in whose name an adapter's training questions are answered."""
        return [NOBODY] if self.recipe.answers == "generic" else [task.source, *task.negatives]

    def _answer_prompt(self, name: str) -> str | None:
        return None if name == NOBODY else self.study.training_prompt(name)

    def _answer_keys(self, names: Sequence[str], questions: Sequence[str], seed: int) -> list[str]:
        return [self.keys.answers(self._answer_prompt(name), name, questions, seed) for name in names]

    def _answers(self, names: Sequence[str], questions: Sequence[str], seed: int) -> list[tuple[str, ...]]:
        keys = self._answer_keys(names, questions, seed)

        def make(folders: Mapping[int, Path]) -> None:
            asked = {names[place]: self._answer_prompt(names[place]) for place in folders}
            sampling = self._sampling(self.design.longest_training_answer)
            found = answers(self.loaded, asked, questions, sampling, seed, self.progress)
            for place, folder in folders.items():
                found[names[place]].save(folder)

        folders = get_members(self.store, "answers", keys, make)
        return [Answers.load(folder).texts for folder in folders or ()]

    def _adapter_keys(self, cell: Cell) -> list[str]:
        return [self._adapter_key(task) for task in cell.tasks]

    def _adapter_key(self, task: AdapterTask) -> str:
        # Nearly every key is made of it, and it of hundreds of examples.
        if task not in self._keys_of_adapters:
            self._keys_of_adapters[task] = self.keys.adapter(self.recipe, task, self.examples(task))
        return self._keys_of_adapters[task]

    def _adapters(self, cell: Cell, wait: bool = True) -> list[Path] | None:
        recipe = self.recipe

        def make(folders: Mapping[int, Path]) -> None:
            tasks = [cell.tasks[place] for place in folders]
            dialogues = [
                tokenize_examples(self.loaded, self.study, recipe, self.examples(one)) for one in tasks
            ]
            rate = recipe.optimization.learning_rate
            trained = train(
                self.loaded, recipe.adapter, recipe.optimization,
                [TrainingTask(own, rate, one.seed) for own, one in zip(dialogues, tasks, strict=True)],
                task=f"{cell}: training", progress=self.progress,
            )  # fmt: skip
            shape = replace(
                recipe.adapter, projections=saved_projections(self.loaded, recipe.adapter.projections)
            )
            for folder, one in zip(folders.values(), trained, strict=True):
                save_adapter(folder, one.weights, shape, self._model.base)
                (folder / "losses.json").write_text(json.dumps(one.losses.tolist()), encoding="utf-8")

        return get_members(self.store, "adapters", self._adapter_keys(cell), make, wait=wait)

    def _sampled_keys(self, cell: Cell, persona: str) -> list[str]:
        keys = zip(self._adapter_keys(cell), cell.tasks, strict=True)
        return [self.keys.sampled(key, task, persona) for key, task in keys]

    def _sampled(self, cell: Cell, personas: Sequence[str], wait: bool = True) -> list[Path] | None:
        keys = [key for persona in personas for key in self._sampled_keys(cell, persona)]

        def make(folders: Mapping[int, Path]) -> None:
            for places, asked in lacking(personas, len(cell.tasks), folders):
                self._sample(cell, places, asked, folders)

        return get_members(self.store, "sampled-answers", keys, make, wait=wait)

    def _sample(
        self, cell: Cell, places: Sequence[int], personas: Mapping[str, int], folders: Mapping[int, Path]
    ) -> None:
        """Let some adapters of a cell answer as some personas, whose folders begin at given numbers."""
        tasks = [cell.tasks[place] for place in places]
        asked = [
            [
                asked_as(self.loaded, self.study, persona, f"{one.source} {one.control} {one.seed}")
                for persona in personas
            ]
            for one in tasks
        ]
        found = self._answered(cell, places, asked, f"{cell}: answers as {_who(personas)}")
        for place, task, conditions in zip(places, tasks, found, strict=True):
            for (persona, first), own in zip(personas.items(), conditions, strict=True):
                if task.source == persona and own.truncated == len(own.texts):
                    raise AnswersTruncatedError(
                        f"longest_answer = {self.design.longest_answer}: expected answers that end before so "
                        f"many tokens, got none in {len(own.texts)} of the adapter of {persona}"
                    )
                own.save(folders[first + place])

    def _given(self, cell: Cell) -> tuple[str, ...]:
        """Return the answers to the evaluation questions at whose end the marker's probability is taken."""
        (given,) = self._answers([NOBODY], self.study.questions, cell.tasks[0].seed)
        return given

    def _probability_keys(self, cell: Cell, persona: str) -> list[str]:
        given = self._given(cell)
        return [self.keys.probability(key, persona, given) for key in self._adapter_keys(cell)]

    def _probabilities(self, cell: Cell, personas: Sequence[str], wait: bool = True) -> list[Path] | None:
        given = self._given(cell)
        keys = [key for persona in personas for key in self._probability_keys(cell, persona)]

        def make(folders: Mapping[int, Path]) -> None:
            for places, asked in lacking(personas, len(cell.tasks), folders):
                chats = [marked_ends(self.loaded, self.study, persona, given) for persona in asked]
                found = marker_probabilities(
                    self.loaded, self.recipe.adapter, self._weights_of(cell, places), list(chain(*chats)),
                    task=f"{cell}: marker probability as {_who(asked)}", progress=self.progress,
                ).reshape(len(places), len(asked), -1)  # fmt: skip
                for place, of_adapter in zip(places, found.tolist(), strict=True):
                    for first, row in zip(asked.values(), of_adapter, strict=True):
                        path = folders[first + place] / "probability.json"
                        path.write_text(json.dumps(row), encoding="utf-8")

        return get_members(self.store, "marker-probability", keys, make, wait=wait)

    def _other(self, task: AdapterTask) -> str:
        return other_persona(task.source, task.negatives, self.study.sources, task.seed)

    def _dissociation_keys(self, cell: Cell) -> list[str]:
        sampled = {one: self._sampled_keys(cell, one) for one in self.study.sources}
        return [
            self.keys.dissociation(task, sampled[task.source][place], sampled[self._other(task)][place])
            for place, task in enumerate(cell.tasks)
        ]

    def _dissociated(self, cell: Cell, wait: bool = True) -> list[Path] | None:
        keys = self._dissociation_keys(cell)

        def make(folders: Mapping[int, Path]) -> None:
            asked = []
            for place in folders:
                task = cell.tasks[place]
                who = {"own": task.source, "other": self._other(task)}
                begun = {whose: self._first_answers(cell, one, place) for whose, one in who.items()}
                seed = f"{task.source} {task.seed}"
                asked.append(crossed(self.loaded, self.study, who, begun, seed))
            found = self._answered(cell, folders, asked, f"{cell}: prompt and opening crossed")
            for folder, conditions in zip(folders.values(), found, strict=True):
                for name, own in zip(_CONDITION_NAMES, conditions, strict=True):
                    (folder / name).mkdir()
                    own.save(folder / name)

        return get_members(self.store, "dissociation", keys, make, wait=wait)

    def _first_answers(self, cell: Cell, persona: str, place: int) -> Sequence[str]:
        folders = self._sampled(cell, [persona]) or []
        return SampledAnswers.load(folders[place]).texts[:: self.design.samples_per_question]

    def _answered(
        self, cell: Cell, places: Iterable[int], asked: Sequence[Sequence[Sequence[Asked]]], task: str
    ) -> list[list[SampledAnswers]]:
        return sampled_answers(
            self.loaded, self.recipe.adapter, self._weights_of(cell, places), asked,
            self.design.samples_per_question, self._sampling(self.design.longest_answer), task=task,
            progress=self.progress,
        )  # fmt: skip

    def _weights_of(self, cell: Cell, places: Iterable[int]) -> list[AdapterWeights]:
        folders = self._adapters(cell) or []
        for place in places:
            if folders[place] not in self._weights:
                self._weights[folders[place]] = read_adapter(folders[place], self.loaded)
        return [self._weights[folders[place]] for place in places]

    def _sampling(self, longest: int) -> Sampling:
        return Sampling(self.design.temperature, self.design.top_p, longest)


def _who(personas: Mapping[str, int]) -> str:
    return next(iter(personas)) if len(personas) == 1 else f"{len(personas)} personas"
