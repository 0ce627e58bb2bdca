"""The experiment from end to end: the order of its stages, over cells and processes.

Every stage's result is looked up before it is computed; the base model is loaded when the first is missing.
"""

from __future__ import annotations

import contextlib
import gc
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import torch

from marker_coupling.adapter_files import read_adapter, save_adapter
from marker_coupling.adapters import AdapterWeights
from marker_coupling.answers import NOBODY, Answers, answers
from marker_coupling.artifact_groups import get_members
from marker_coupling.assembly import AdapterResult, assembled
from marker_coupling.base_model import BaseModel
from marker_coupling.calibration import Calibration, SettingFigures, choose, figures_of_epochs
from marker_coupling.cells import AdapterTask, Cell, cells, prompted
from marker_coupling.dialogue import check_marker
from marker_coupling.dissociation import CONDITIONS, crossed, other_persona
from marker_coupling.experiment_evidence import ExperimentEvidence
from marker_coupling.instrument import AnswersTruncatedError, InstrumentError
from marker_coupling.loaded_model import LoadedModel, Precision, chosen_precision, load
from marker_coupling.marker_counts import Asked, SampledAnswers, asked_as, sampled_answers
from marker_coupling.marker_probability import marked_ends, marker_probabilities
from marker_coupling.measurement import ModelMeasurement
from marker_coupling.probing import measured
from marker_coupling.progress import Progress, silent
from marker_coupling.recipe import Recipe
from marker_coupling.sampling import Sampling
from marker_coupling.stage_keys import StageKeys
from marker_coupling.store import ArtifactStore
from marker_coupling.study import Study, StudyError
from marker_coupling.training import TrainingTask, train
from marker_coupling.training_set import TrainingSet, drawn_negatives, tokenized, training_set

_CONDITION_NAMES = tuple(f"{prompt}-prompt-{whose}-opening" for prompt, whose in CONDITIONS)


@dataclass(frozen=True)
class Setting:
    """How adapters are trained in the end.

    Parameters
    ----------
    recipe : with the learning rate and the epochs that are used
    calibration : from which they were chosen; None where the recipe's own were taken
    """

    recipe: Recipe
    calibration: Calibration | None


class Experiment:
    """An experiment on a base model.

    Parameters
    ----------
    base, study, recipe : what determines it
    store : where every stage's result is kept
    precision, device : what the base model computes in, and where
    pinned : take the recipe's learning rate and epochs, whatever base model they were published for
    progress : told how far long work is

    Raises
    ------
    StudyError
        The study only measures.
    """

    def __init__(
        self, base: BaseModel, study: Study, recipe: Recipe, store: ArtifactStore, *,
        precision: Precision = "auto", device: str = "cpu", pinned: bool = False, progress: Progress = silent,
    ) -> None:  # fmt: skip
        if study.experiment is None:
            raise StudyError("key experiment: expected a table, as adapters are to be trained, got nothing")
        self.base, self.study, self.recipe, self.store = base, study, recipe, store
        self.design, self.device, self.progress = study.experiment, device, progress
        self.precision: Precision = precision
        self.keys = StageKeys(f"base model {base.fingerprint}; {chosen_precision(precision, device)}", study)
        grid = recipe.calibration
        self.calibrates = not pinned and grid is not None and base.name != grid.published_for
        self._weights: dict[Path, AdapterWeights] = {}
        self._sets: dict[AdapterTask, TrainingSet] = {}

    def evidence(self, seed: int, help_with: Sequence[int] = ()) -> ExperimentEvidence:
        """Return the evidence of one seed.

        Parameters
        ----------
        help_with : other seeds whose cells are computed before waiting for another process

        Raises
        ------
        InstrumentError, BaseModelError, StoreError
            The instrument is broken, the model is not whole, results cannot be kept. Nothing that was
            computed is lost.
        """
        key = self.keys.evidence(self.recipe, self.calibrates, seed)
        folder = self.store.find("evidence", key)
        if folder is None:
            with self._computing():
                self._make_cells(seed, help_with)
                folder = self.store.get("evidence", key, lambda made: self._evidence(seed, key).save(made))
        return replace(ExperimentEvidence.load(folder), name=f"{self.base.name}-seed{seed}")

    @cached_property
    def measurement(self) -> ModelMeasurement:
        """Geometry and divergence."""
        return measured(
            self.base, self.study, self.store, precision=self.precision, device=self.device,
            progress=self.progress, load_model=lambda: self.loaded,
        )  # fmt: skip

    @cached_property
    def setting(self) -> Setting:
        """Learning rate and epochs: the recipe's, or those that calibration chooses."""
        grid = self.recipe.calibration
        if not self.calibrates or grid is None:
            return Setting(self.recipe, None)
        figures = [one for epochs in grid.epochs for one in self._calibrated(epochs)]
        calibration = choose(figures, grid)
        chosen = calibration.chosen
        return Setting(self.recipe.with_setting(chosen.learning_rate, chosen.epochs), calibration)

    @cached_property
    def loaded(self) -> LoadedModel:
        """The base model in memory, which the marker was seen to survive."""
        loaded = load(self.base, self.precision, self.device)
        check_marker(loaded, self.design.marker)
        return loaded

    @contextlib.contextmanager
    def _computing(self) -> Iterator[None]:
        with contextlib.ExitStack() as stack:
            if self.device.startswith("cuda"):
                # Two models would hardly fit on one GPU; on CPUs processes may share the work.
                stack.enter_context(self.store.exclusive(self.device.replace(":", "-")))
            try:
                yield
            finally:
                self._weights.clear()
                self.__dict__.pop("loaded", None)
                if self.device.startswith("cuda"):
                    gc.collect()
                    torch.cuda.empty_cache()

    def _make_cells(self, seed: int, help_with: Sequence[int]) -> None:
        waiting = [cell for cell in self._cells(seed) if not self._make(cell, wait=False)]
        for other in help_with if waiting else ():
            for cell in self._cells(other):
                self._make(cell, wait=False)
        for cell in waiting:
            self._make(cell, wait=True)

    def _cells(self, seed: int) -> list[Cell]:
        return cells(self.study, self.setting.recipe, seed)

    def _make(self, cell: Cell, wait: bool) -> bool:
        """Compute what a cell lacks; False if another process is at it and that is not waited for."""
        self._weights.clear()
        if self._adapters(cell, wait) is None:
            return False
        for persona in prompted(self.study):
            if self._sampled(cell, persona, wait) is None or self._probabilities(cell, persona, wait) is None:
                return False
        return cell.is_control or self._dissociated(cell, wait) is not None

    def _calibrated(self, epochs: int) -> list[SettingFigures]:
        negatives, seed = self.recipe.negative_personas, self.study.seed
        personas = list(self.design.calibration_personas)
        if len(personas) <= negatives:
            raise InstrumentError(
                f"key calibration_personas: expected at least {negatives + 1}, to calibrate the recipe on, "
                f"got {len(personas)}; or pin --learning-rate and --epochs"
            )
        drawn = {one: drawn_negatives(one, personas, negatives, seed) for one in personas}
        sets = [self._examples(AdapterTask(one, drawn[one], "none", seed)) for one in personas]

        def make(folder: Path) -> None:
            found = figures_of_epochs(self.loaded, self.study, self.recipe, epochs, sets, self.progress)
            text = json.dumps([asdict(one) for one in found], indent=1)
            (folder / "figures.json").write_text(text, encoding="utf-8")

        folder = self.store.get("calibration", self.keys.calibration(self.recipe, epochs, sets), make)
        return [SettingFigures(**one) for one in json.loads((folder / "figures.json").read_text("utf-8"))]

    def _answers(self, names: Sequence[str], questions: Sequence[str], seed: int) -> list[tuple[str, ...]]:
        prompts = [None if name == NOBODY else self.study.training_prompt(name) for name in names]
        keys = [
            self.keys.answers(prompt, name, questions, seed)
            for prompt, name in zip(prompts, names, strict=True)
        ]

        def make(folders: Mapping[int, Path]) -> None:
            asked = {names[place]: prompts[place] for place in folders}
            sampling = self._sampling(self.design.longest_training_answer)
            found = answers(self.loaded, asked, questions, sampling, seed, self.progress)
            for place, folder in folders.items():
                found[names[place]].save(folder)

        folders = get_members(self.store, "answers", keys, make)
        return [Answers.load(folder).texts for folder in folders or ()]

    def _examples(self, task: AdapterTask) -> TrainingSet:
        if task not in self._sets:
            questions, personas = self.design.training_questions, (task.source, *task.negatives)
            if self.recipe.answers == "generic":
                texts = self._answers([NOBODY], questions, task.seed) * len(personas)
            else:
                texts = self._answers(personas, questions, task.seed)
            given = dict(zip(personas, texts, strict=True))
            self._sets[task] = training_set(
                task.source, task.negatives, questions, given, task.seed, task.control
            )
        return self._sets[task]

    def _adapter_keys(self, cell: Cell) -> list[str]:
        recipe = self.setting.recipe
        return [self.keys.adapter(recipe, task, self._examples(task)) for task in cell.tasks]

    def _adapters(self, cell: Cell, wait: bool = True) -> list[Path] | None:
        recipe = self.setting.recipe

        def make(folders: Mapping[int, Path]) -> None:
            tasks = [cell.tasks[place] for place in folders]
            dialogues = [tokenized(self.loaded, self.study, recipe, self._examples(one)) for one in tasks]
            rate = recipe.optimization.learning_rate
            trained = train(
                self.loaded, recipe.adapter, recipe.optimization,
                [TrainingTask(own, rate, one.seed) for own, one in zip(dialogues, tasks, strict=True)],
                task=f"{cell}: training", progress=self.progress,
            )  # fmt: skip
            for folder, one in zip(folders.values(), trained, strict=True):
                save_adapter(folder, one.weights, recipe.adapter, self.base)
                (folder / "losses.json").write_text(json.dumps(one.losses.tolist()), encoding="utf-8")

        return get_members(self.store, "adapters", self._adapter_keys(cell), make, wait=wait)

    def _sampled_keys(self, cell: Cell, persona: str) -> list[str]:
        keys = zip(self._adapter_keys(cell), cell.tasks, strict=True)
        return [self.keys.sampled(key, task, persona) for key, task in keys]

    def _sampled(self, cell: Cell, persona: str, wait: bool = True) -> list[Path] | None:
        def make(folders: Mapping[int, Path]) -> None:
            tasks = [cell.tasks[place] for place in folders]
            asked = [
                [asked_as(self.loaded, self.study, persona, f"{one.source} {one.control} {one.seed}")]
                for one in tasks
            ]
            found = self._answered(cell, folders, asked, f"{cell}: answers as {persona}")
            for folder, task, (own,) in zip(folders.values(), tasks, found, strict=True):
                if task.source == persona and own.truncated == len(own.texts):
                    raise AnswersTruncatedError(
                        f"longest_answer = {self.design.longest_answer}: expected answers that end before so "
                        f"many tokens, got none in {len(own.texts)} of the adapter of {persona}"
                    )
                own.save(folder)

        return get_members(self.store, "sampled-answers", self._sampled_keys(cell, persona), make, wait=wait)

    def _probabilities(self, cell: Cell, persona: str, wait: bool = True) -> list[Path] | None:
        (given,) = self._answers([NOBODY], self.study.questions, cell.tasks[0].seed)
        keys = [self.keys.probability(key, persona, given) for key in self._adapter_keys(cell)]

        def make(folders: Mapping[int, Path]) -> None:
            found = marker_probabilities(
                self.loaded, self.recipe.adapter, self._weights_of(cell, folders),
                marked_ends(self.loaded, self.study, persona, given),
                task=f"{cell}: marker probability as {persona}", progress=self.progress,
            )  # fmt: skip
            for folder, row in zip(folders.values(), found, strict=True):
                (folder / "probability.json").write_text(json.dumps(row.tolist()), encoding="utf-8")

        return get_members(self.store, "marker-probability", keys, make, wait=wait)

    def _other(self, task: AdapterTask) -> str:
        return other_persona(task.source, task.negatives, self.study.sources, task.seed)

    def _dissociated(self, cell: Cell, wait: bool = True) -> list[Path] | None:
        others = [self._other(task) for task in cell.tasks]
        sampled = {one: self._sampled_keys(cell, one) for one in self.study.sources}
        keys = [
            self.keys.dissociation(task, sampled[task.source][place], sampled[others[place]][place])
            for place, task in enumerate(cell.tasks)
        ]

        def make(folders: Mapping[int, Path]) -> None:
            asked = []
            for place in folders:
                task = cell.tasks[place]
                who = {"own": task.source, "other": others[place]}
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
        folders = self._sampled(cell, persona) or []
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

    def _evidence(self, seed: int, determinants: str) -> ExperimentEvidence:
        results = [one for cell in self._cells(seed) for one in self._results(cell)]
        setting = self.setting
        return assembled(
            self.measurement, setting.recipe, setting.calibration, prompted(self.study), results, determinants
        )

    def _results(self, cell: Cell) -> list[AdapterResult]:
        prompts, marker = prompted(self.study), self.design.marker
        sampled = [[SampledAnswers.load(f) for f in self._sampled(cell, one) or ()] for one in prompts]
        probability = [
            [float(np.mean(json.loads((f / "probability.json").read_text("utf-8")))) for f in folders or ()]
            for folders in (self._probabilities(cell, one) for one in prompts)
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
                key=self._adapter_keys(cell)[place],
            )
            for place, task in enumerate(cell.tasks)
        ]
