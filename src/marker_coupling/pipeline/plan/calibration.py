"""Calibration: choice of learning rate and epochs by gating on personas outside the study.

Blind to every claim. The rule: of the settings that gate and whose mean source rate stays in mid-range, where
rates have room to differ, the one with the clearest gating.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from marker_coupling.study.recipe import CalibrationGrid


@dataclass(frozen=True)
class SettingFigures:
    """Marker counts of one setting of the grid, over all calibration personas.

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
    """The grid's figures and the chosen setting.

    Parameters
    ----------
    grid : every setting
    chosen : the setting to train with
    problem : reason if no setting is good; then the one with the clearest gating is chosen
    """

    grid: tuple[SettingFigures, ...]
    chosen: SettingFigures
    problem: str


def choose(grid: Sequence[SettingFigures], rule: CalibrationGrid) -> Calibration:
    """Choose the setting with the clearest gating among those with a source rate in mid-range.

    Of settings that gate equally clearly the first is taken.
    """
    gates = [figures for figures in grid if figures.gating >= rule.smallest_gating]
    low, high = rule.lowest_source_rate, rule.highest_source_rate
    good = [figures for figures in gates if low <= figures.source_rate <= high]
    chosen = max(good or grid, key=lambda figures: figures.gating)
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
