"""Source rates and gating over the recipe's grid, on personas outside the study."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from manylora.training.training import TrainingTask, train
from marker_coupling.measures.marked_chats import tokenize_examples
from marker_coupling.measures.sampled_answers import sample_answers, seeded_requests
from marker_coupling.pipeline.plan.calibration import SettingFigures
from marker_coupling.pipeline.plan.stage import StageInput
from marker_coupling.pipeline.plan.stage_context import StageContext
from marker_coupling.pipeline.stages.adapters import AdaptersStage
from marker_coupling.study.adapter_groups import AdapterTask
from marker_coupling.study.errors import ExperimentError
from marker_coupling.study.personas import ASSISTANT
from marker_coupling.study.recipe import CalibrationGrid
from marker_coupling.study.training_set import draw_negatives

_FILE = "figures.json"


@dataclass(frozen=True)
class CalibrationStage:
    """Figures of every learning rate of the grid; a task is a number of epochs.

    Parameters
    ----------
    context : with the recipe as it is written
    adapters : stage that makes the training sets
    """

    context: StageContext
    adapters: AdaptersStage
    kind = "calibration"

    @property
    def grid(self) -> CalibrationGrid:
        """The recipe's grid."""
        assert self.context.recipe.calibration is not None
        return self.context.recipe.calibration

    @property
    def tasks(self) -> list[AdapterTask]:
        """The adapters of the calibration personas, in every setting the same.

        Raises
        ------
        ExperimentError
            There are too few personas.
        """
        plan, needed = self.context.plan, self.context.recipe.negative_personas
        personas, seed = list(plan.design.calibration_personas), plan.study.seed
        if len(personas) <= needed:
            raise ExperimentError(
                f"key calibration_personas: expected at least {needed + 1}, to calibrate the recipe on, "
                f"got {len(personas)}; or pin --learning-rate and --epochs"
            )
        return [
            AdapterTask(persona, draw_negatives(persona, personas, needed, seed), "none", seed)
            for persona in personas
        ]

    def key(self, epochs: int) -> str:
        """Return the key of one pass over the grid's learning rates."""
        context, plan = self.context, self.context.plan
        return context.key(
            "calibration", recipe=context.recipe.digest, rates=self.grid.learning_rates, epochs=epochs,
            examples=[self.adapters.training_set_key(task) for task in self.tasks],
            questions=plan.study.questions, assistant=plan.prompt(ASSISTANT).system,
            marker=plan.design.marker, seed=plan.study.seed, longest=plan.design.longest_answer,
            **context.sampling_settings,
        )  # fmt: skip

    def inputs(self, tasks: Sequence[int]) -> Sequence[StageInput]:
        """Return the answers that the calibration personas' adapters are trained on."""
        return self.adapters.inputs(self.tasks)

    def compute(self, folders: Mapping[int, Path]) -> None:
        """Train and sample every learning rate of the grid, all at once."""
        for epochs, folder in folders.items():
            text = json.dumps([asdict(figures) for figures in self._figures(epochs)], indent=1)
            (folder / _FILE).write_text(text, encoding="utf-8")

    def load(self, folder: Path) -> list[SettingFigures]:
        """Read the figures of every learning rate."""
        return [SettingFigures(**figures) for figures in json.loads((folder / _FILE).read_text("utf-8"))]

    def _figures(self, epochs: int) -> list[SettingFigures]:
        """Count markers for every learning rate, under the prompts of calibration personas and assistant."""
        context, plan, recipe = self.context, self.context.plan, self.context.recipe
        sets = [self.adapters.training_set(task) for task in self.tasks]
        loaded, rates = context.model.loaded, self.grid.learning_rates
        marker, longest = plan.design.marker, recipe.longest_example
        chats = {examples.source: tokenize_examples(loaded, examples, marker, longest) for examples in sets}
        adapters = [(rate, source) for rate in rates for source in chats]
        trained = train(
            loaded, recipe.adapter, recipe.with_setting(rates[0], epochs).optimization,
            [TrainingTask(chats[source], rate, plan.study.seed) for rate, source in adapters],
            task=f"calibration: training {len(adapters)} adapters for {epochs} epochs",
            progress=context.progress,
        )  # fmt: skip
        personas = (*chats, ASSISTANT)
        questions, requests = plan.study.questions, []
        for rate, source in adapters:
            seed = f"calibration {source} {rate!r} {epochs}"
            requests.append(
                [seeded_requests(loaded, questions, plan.prompt(name), 1, seed) for name in personas]
            )
        answers = sample_answers(
            loaded, recipe.adapter, [adapter.weights for adapter in trained], requests,
            context.sampling(plan.design.longest_answer), task=f"calibration: sampling after {epochs} epochs",
            progress=context.progress,
        )  # fmt: skip
        own_counts = {rate: [0, 0] for rate in rates}
        bystander_counts = {rate: [0, 0] for rate in rates}
        for (rate, source), conditions in zip(adapters, answers, strict=True):
            for persona, sampled in zip(personas, conditions, strict=True):
                counts = (own_counts if persona == source else bystander_counts)[rate]
                counts[0] += sampled.hits(marker)
                counts[1] += len(sampled.texts)
        return [SettingFigures(rate, epochs, *own_counts[rate], *bystander_counts[rate]) for rate in rates]
