"""Adapters of one seed, in groups that are trained and sampled together."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from marker_coupling.study.recipe import Recipe
from marker_coupling.study.study import Study
from marker_coupling.study.training_set import Control, draw_negatives


@dataclass(frozen=True)
class AdapterTask:
    """One adapter.

    Parameters
    ----------
    source : the persona that is taught the marker
    negatives : personas of its examples without marker
    control : rule by which its examples carry the marker
    seed : of the experiment
    """

    source: str
    negatives: tuple[str, ...]
    control: Control
    seed: int

    @property
    def is_control(self) -> bool:
        """True for an adapter that only serves as a control."""
        return self.control != "none"


#: At least one adapter; all of them controls, or none.
AdapterGroup = tuple[AdapterTask, ...]


def group_name(group: Sequence[AdapterTask]) -> str:
    """Return the name of a group in progress messages."""
    first = group[0]
    kind = "controls" if first.is_control else "adapters"
    return f"seed {first.seed}: {len(group)} {kind} from {first.source}"


def adapter_task(study: Study, recipe: Recipe, source: str, seed: int, control: Control) -> AdapterTask:
    """Return the adapter of a source persona; its negatives are drawn among the other sources."""
    negatives = draw_negatives(source, study.sources, recipe.negative_personas, seed)
    return AdapterTask(source, negatives, control, seed)


def control_source(study: Study, seed: int) -> str:
    """Draw the source persona that the controls are trained for; the order of personas does not matter."""
    return random.Random(f"control {seed}").choice(sorted(study.sources))


def adapter_groups(study: Study, recipe: Recipe, seed: int) -> list[AdapterGroup]:
    """Return all groups of a seed: sources in their order, then the controls if there are any."""
    assert study.experiment is not None
    size = study.experiment.sources_per_cell
    tasks = [adapter_task(study, recipe, source, seed, "none") for source in study.sources]
    groups = [tuple(tasks[start : start + size]) for start in range(0, len(tasks), size)]
    if study.experiment.controls:
        source = control_source(study, seed)
        controls: tuple[Control, ...] = ("shuffled-personas", "no-marker")
        groups.append(tuple(adapter_task(study, recipe, source, seed, control) for control in controls))
    return groups
