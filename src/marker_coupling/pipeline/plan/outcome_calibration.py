"""Choice of setting and outcome of a registered study: the most reliable over seeds among those that gate.

Made on calibration personas, which are in no study, and blind to every cosine.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from marker_coupling.analysis.data.log_odds import log_odds
from marker_coupling.analysis.models.intraclass import (
    IntraclassCorrelation,
    intraclass_correlation,
    spearman_brown,
)
from marker_coupling.analysis.models.variance_components import VarianceComponents, moment_components
from marker_coupling.measures.coupling import Coupling, FloatArray, forced_log_odds, gating_area
from marker_coupling.study.adapter_groups import AdapterTask
from marker_coupling.study.registration import OutcomeCalibration


@dataclass(frozen=True)
class SettingReliability:
    """Rates, and reliability of every outcome, in one setting on the calibration personas.

    Parameters
    ----------
    learning_rate, epochs : the setting
    own_rate, other_rate : mean shares of sampled answers with the marker, under the own prompt and under all
        others that were asked
    reliability : by outcome; None for an outcome that does not vary
    components : of variance, by outcome; None likewise
    """

    learning_rate: float
    epochs: int
    own_rate: float
    other_rate: float
    reliability: Mapping[str, IntraclassCorrelation | None]
    components: Mapping[str, VarianceComponents | None]

    @property
    def gating(self) -> float:
        """Rate under the own prompt less that under the others."""
        return self.own_rate - self.other_rate


@dataclass(frozen=True)
class OutcomeChoice:
    """The chosen setting and outcome.

    Parameters
    ----------
    settings : all that were tried
    setting, outcome : chosen; None if none gates and varies
    mean_reliability : of the mean over the study's seeds, as the calibration predicts it
    problem : the reason if the base model is uninformative about coupling; else empty
    """

    settings: tuple[SettingReliability, ...]
    setting: SettingReliability | None
    outcome: str
    mean_reliability: float
    problem: str


def by_persona_and_seed(
    couplings: Mapping[AdapterTask, Coupling], seeds: Sequence[int]
) -> tuple[tuple[str, ...], list[list[Coupling]]]:
    """Return the source personas in their order, and their couplings by persona and seed."""
    sources = tuple(dict.fromkeys(task.source for task in couplings))
    of_cell = {(task.source, task.seed): coupling for task, coupling in couplings.items()}
    return sources, [[of_cell[source, seed] for seed in seeds] for source in sources]


def outcome_scores(cells: Sequence[Sequence[Coupling]], outcome: str) -> FloatArray:
    """Return an outcome by persona and seed, (N, S).

    Parameters
    ----------
    outcome : ``source``, log-odds of the counts under the own prompt; ``forced``, of the teacher-forced
        marker; ``area``, under the curve of forced gating
    """
    score = {"source": _source_log_odds, "forced": forced_log_odds, "area": gating_area}[outcome]
    return np.array([[score(coupling) for coupling in of_persona] for of_persona in cells])


def setting_reliability(
    learning_rate: float, epochs: int, couplings: Mapping[AdapterTask, Coupling], rule: OutcomeCalibration
) -> SettingReliability:
    """Summarise one setting."""
    cells = by_persona_and_seed(couplings, rule.seeds)[1]
    flat = [coupling for of_persona in cells for coupling in of_persona]
    reliability: dict[str, IntraclassCorrelation | None] = {}
    components: dict[str, VarianceComponents | None] = {}
    for outcome in rule.outcomes:
        scores = outcome_scores(cells, outcome)
        varies = bool(np.ptp(scores) > 0)
        reliability[outcome] = intraclass_correlation(scores) if varies else None
        components[outcome] = moment_components(scores) if varies else None
    return SettingReliability(
        learning_rate,
        epochs,
        own_rate=float(np.mean([coupling.hits[0].mean() / coupling.samples for coupling in flat])),
        other_rate=float(np.mean([coupling.hits[1:].mean() / coupling.samples for coupling in flat])),
        reliability=reliability,
        components=components,
    )


def choose_outcome(
    settings: Sequence[SettingReliability], rule: OutcomeCalibration, seeds: int
) -> OutcomeChoice:
    """Choose the setting and the outcome with the highest intraclass correlation among settings that gate.

    Of equally reliable ones the first in the order of the settings, then of the rule's outcomes.

    Parameters
    ----------
    seeds : of the study, over whose mean the reliability is predicted
    """
    candidates = [
        (reliability.single, setting, outcome)
        for setting in settings
        if setting.gating >= rule.smallest_gating
        for outcome in rule.outcomes
        if (reliability := setting.reliability[outcome]) is not None
    ]
    if not candidates:
        best = max(setting.gating for setting in settings)
        problem = f"no setting gates by {rule.smallest_gating:g}; the clearest gates by {best:.2f}"
        return OutcomeChoice(tuple(settings), None, rule.outcomes[0], 0.0, problem)
    single, setting, outcome = max(candidates, key=lambda candidate: candidate[0])
    mean = spearman_brown(single, seeds)
    problem = ""
    if mean < rule.least_reliability:
        problem = (
            f"the most reliable outcome, {outcome}, reaches {mean:.2f} over {seeds} seeds, "
            f"below {rule.least_reliability:g}"
        )
    return OutcomeChoice(tuple(settings), setting, outcome, mean, problem)


def _source_log_odds(coupling: Coupling) -> float:
    hits, samples = coupling.hits[0].sum(), coupling.hits.shape[1] * coupling.samples
    return float(log_odds(np.array(float(hits)), np.array(float(samples))))
