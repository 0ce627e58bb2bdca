"""Calibration: which learning rate and how many epochs make adapters gate, on personas outside the study.

Blind to every claim. The rule: of the settings that gate and whose mean source rate stays in mid-range, where
rates have room to differ, the one with the clearest gating.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from manylora.models.loaded_model import LoadedModel
from manylora.progress import Progress, silent
from manylora.sampling.sampling_requests import Sampling
from manylora.training.training import TrainingTask, train
from marker_coupling.measures.marked_chats import tokenize_examples
from marker_coupling.measures.sampled_answers import asked_as, sampled_answers
from marker_coupling.study.personas import ASSISTANT
from marker_coupling.study.recipe import CalibrationGrid, Recipe
from marker_coupling.study.study import Study
from marker_coupling.study.training_set import TrainingSet


@dataclass(frozen=True)
class SettingFigures:
    """What one setting of the grid does, over all calibration personas.

    Parameters
    ----------
    learning_rate, epochs : the setting
    own_hits, own_samples : answers under the personas' own prompts: with the marker, and all
    bystander_hits, bystander_samples : the same under the other prompts
    """

    learning_rate: float
    epochs: int
    own_hits: int
    own_samples: int
    bystander_hits: int
    bystander_samples: int

    @property
    def source_rate(self) -> float:
        """Share of answers under own prompts that contain the marker."""
        return self.own_hits / self.own_samples

    @property
    def gating(self) -> float:
        """Source rate less bystander rate."""
        return self.source_rate - self.bystander_hits / self.bystander_samples


@dataclass(frozen=True)
class Calibration:
    """The grid's figures and what was chosen.

    Parameters
    ----------
    grid : every setting
    chosen : the setting to train with
    problem : why no setting is good, if none is; then the one with the clearest gating is chosen
    """

    grid: tuple[SettingFigures, ...]
    chosen: SettingFigures
    problem: str


def choose(grid: Sequence[SettingFigures], rule: CalibrationGrid) -> Calibration:
    """Choose the setting with the clearest gating whose source rate is in mid-range.

    Of settings that gate equally clearly the first is taken.
    """
    gates = [one for one in grid if one.gating >= rule.smallest_gating]
    low, high = rule.lowest_source_rate, rule.highest_source_rate
    good = [one for one in gates if low <= one.source_rate <= high]
    chosen = max(good or grid, key=lambda one: one.gating)
    problem = ""
    if not good:
        lacking = (
            f"gates at {rule.smallest_gating:g} or more"
            if not gates
            else f"gates with a mean source rate from {low:g} to {high:g}"
        )
        problem = (
            f"no setting of the calibration {lacking}; the clearest, rate {chosen.learning_rate:g} "
            f"for {chosen.epochs} epochs, gates by {chosen.gating:.2f} at a rate of {chosen.source_rate:.2f}"
        )
    return Calibration(tuple(grid), chosen, problem)


def figures_of_epochs(
    loaded: LoadedModel,
    study: Study,
    recipe: Recipe,
    epochs: int,
    training_sets: Sequence[TrainingSet],
    progress: Progress = silent,
) -> list[SettingFigures]:
    """Train and sample every learning rate of the grid for a number of epochs, all at once.

    Every adapter answers each evaluation question once under the prompt of each calibration persona and of
    the assistant.

    Parameters
    ----------
    training_sets : one for each calibration persona
    """
    assert recipe.calibration is not None
    assert study.experiment is not None
    design, rates = study.experiment, recipe.calibration.learning_rates
    dialogues = {one.source: tokenize_examples(loaded, study, recipe, one) for one in training_sets}
    adapters = [(rate, persona) for rate in rates for persona in dialogues]
    trained = train(
        loaded, recipe.adapter, recipe.with_setting(rates[0], epochs).optimization,
        [TrainingTask(dialogues[persona], rate, study.seed) for rate, persona in adapters],
        task=f"calibration: training {len(adapters)} adapters for {epochs} epochs", progress=progress,
    )  # fmt: skip
    prompted = (*dialogues, ASSISTANT)
    asked = [
        [asked_as(loaded, study, one, f"calibration {persona} {rate!r} {epochs}") for one in prompted]
        for rate, persona in adapters
    ]
    sampling = Sampling(design.temperature, design.top_p, design.longest_answer)
    found = sampled_answers(
        loaded, recipe.adapter, [one.weights for one in trained], asked, 1, sampling,
        task=f"calibration: sampling after {epochs} epochs", progress=progress,
    )  # fmt: skip
    own = {rate: [0, 0] for rate in rates}
    others = {rate: [0, 0] for rate in rates}
    for (rate, source), conditions in zip(adapters, found, strict=True):
        for persona, sampled in zip(prompted, conditions, strict=True):
            counts = own[rate] if persona == source else others[rate]
            counts[0] += sampled.hits(design.marker)
            counts[1] += len(sampled.texts)
    return [SettingFigures(rate, epochs, *own[rate], *others[rate]) for rate in rates]
