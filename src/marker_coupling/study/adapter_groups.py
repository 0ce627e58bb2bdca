"""Cells: adapters of one seed that are trained and sampled together, apart from all others."""

from __future__ import annotations

import random
from dataclasses import dataclass

from marker_coupling.study.personas import ASSISTANT
from marker_coupling.study.recipe import Recipe
from marker_coupling.study.study import Study
from marker_coupling.study.training_set import Control, drawn_negatives


@dataclass(frozen=True)
class AdapterTask:
    """One adapter.

    Parameters
    ----------
    source : the persona that is taught the marker
    negatives : personas of its examples without marker
    control : by which rule its examples carry the marker
    seed : of the experiment
    """

    source: str
    negatives: tuple[str, ...]
    control: Control
    seed: int


@dataclass(frozen=True)
class Cell:
    """Adapters that are trained and sampled together.

    Parameters
    ----------
    tasks : at least one; all of them controls, or none
    """

    tasks: tuple[AdapterTask, ...]

    @property
    def is_control(self) -> bool:
        """Whether these adapters only check the instrument."""
        return self.tasks[0].control != "none"

    def __str__(self) -> str:
        """Say which cell it is, for people who wait."""
        what = "controls" if self.is_control else "adapters"
        return f"seed {self.tasks[0].seed}: {len(self.tasks)} {what} from {self.tasks[0].source}"


def adapter_task(study: Study, recipe: Recipe, source: str, seed: int, control: Control) -> AdapterTask:
    """Return the adapter of a source persona; its negatives are drawn among the other sources."""
    negatives = drawn_negatives(source, study.sources, recipe.negative_personas, seed)
    return AdapterTask(source, negatives, control, seed)


def control_source(study: Study, seed: int) -> str:
    """Draw the source persona that the controls are trained for; the order of personas does not matter."""
    return random.Random(f"control {seed}").choice(sorted(study.sources))


def cells(study: Study, recipe: Recipe, seed: int) -> list[Cell]:
    """Return all cells of a seed: sources in their order, then the controls if there are any."""
    assert study.experiment is not None
    size, sources = study.experiment.sources_per_cell, study.sources
    found = [
        Cell(
            tuple(
                adapter_task(study, recipe, source, seed, "none") for source in sources[start : start + size]
            )
        )
        for start in range(0, len(sources), size)
    ]
    if study.experiment.controls:
        source = control_source(study, seed)
        controls: tuple[Control, ...] = ("shuffled-personas", "no-marker")
        found.append(Cell(tuple(adapter_task(study, recipe, source, seed, one) for one in controls)))
    return found


def prompted(study: Study) -> tuple[str, ...]:
    """Return the personas under whose prompts adapters are asked: the sources, then the assistant."""
    return (*study.sources, ASSISTANT)
