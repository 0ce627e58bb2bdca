"""The registered analysis of a study: reliability first, then the sequence of hypotheses over base models."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from marker_coupling.analysis.data.arrays import AnalysisError, varies
from marker_coupling.analysis.data.categories import categories_of
from marker_coupling.analysis.data.log_odds import log_odds_variance
from marker_coupling.analysis.data.study_data import BaseModelData, StudyData
from marker_coupling.analysis.data.variables import (
    OutcomeName,
    distance_to_negatives,
    outcome_by_seed,
    study_variables,
)
from marker_coupling.analysis.decisions.sequence import HypothesisResult, judge_sequence
from marker_coupling.analysis.models.intraclass import IntraclassCorrelation, intraclass_correlation
from marker_coupling.analysis.models.variance_components import VarianceComponents, moment_components

LEAST_RELIABILITY = 0.7


@dataclass(frozen=True)
class OutcomeReliability:
    """Reliability and variance components of the outcome on one base model.

    Parameters
    ----------
    intraclass : of one seed and of the mean over seeds
    components : of variance; both ``None`` with one seed, or an outcome that does not vary
    """

    intraclass: IntraclassCorrelation | None
    components: VarianceComponents | None


@dataclass(frozen=True, eq=False)
class StudyAnalysis:
    """Results of a study.

    Parameters
    ----------
    outcome : that was predicted
    reliability : by base model
    uninformative : base models left out, each with the reason
    joint : results over all informative base models, by hypothesis; empty where there is none
    by_base_model : the same for each informative base model alone
    untestable : hypotheses that could not be tested on all of them together, each with the reason
    """

    outcome: OutcomeName
    reliability: Mapping[str, OutcomeReliability]
    uninformative: Mapping[str, str]
    joint: Mapping[str, HypothesisResult]
    by_base_model: Mapping[str, Mapping[str, HypothesisResult]]
    untestable: Mapping[str, str]


def analyse_study(
    study: StudyData,
    *,
    outcome: OutcomeName = "source",
    invalid: Mapping[str, str] | None = None,
    least_reliability: float = LEAST_RELIABILITY,
    permutations: int = 9_999,
    seed: int = 0,
    only_reached: bool = False,
    each_base_model: bool = True,
) -> StudyAnalysis:
    """Run the registered analysis.

    Parameters
    ----------
    study : data of all base models
    outcome : the coupling strength, fixed beforehand
    invalid : base models whose measure failed its validity check, each with the reason
    least_reliability : of the mean outcome over seeds; below, a base model is uninformative. With one seed
        the reliability is unknown: the base model is judged, but no effect is ever called too small
    permutations, seed : of the permutation tests
    only_reached : leave out hypotheses that the sequence does not reach
    each_base_model : judge each base model alone as well

    Raises
    ------
    AnalysisError
        ``invalid`` names a base model that the study lacks; or as the estimators raise.
    """
    names = [data.name for data in study.base_models]
    reasons = dict(invalid or {})
    if unknown := sorted(set(reasons) - set(names)):
        raise AnalysisError(f"invalid: expected base models of the study, got {unknown}")
    for data in study.base_models:
        if not varies(outcome_by_seed(data, outcome)):
            reasons.setdefault(data.name, "the outcome is the same for all adapters")
    reliability = {data.name: outcome_reliability(data, outcome) for data in study.base_models}
    for name, outcome_of_model in reliability.items():
        intraclass = outcome_of_model.intraclass
        if intraclass is not None and intraclass.mean < least_reliability:
            reasons.setdefault(
                name,
                f"reliability of the outcome over {intraclass.seeds} seeds is "
                f"{intraclass.mean:.2f}, below {least_reliability:g}",
            )
    categories = categories_of(study.categories, len(study.personas))
    variables = {
        data.name: study_variables(data, outcome) for data in study.base_models if data.name not in reasons
    }

    def judge(chosen: list[str]) -> tuple[Mapping[str, HypothesisResult], Mapping[str, str]]:
        return judge_sequence(
            [variables[name] for name in chosen],
            categories,
            permutations=permutations,
            seed=seed,
            only_reached=only_reached,
        )

    joint, untestable = judge(list(variables)) if variables else ({}, {})
    return StudyAnalysis(
        outcome=outcome,
        reliability=reliability,
        uninformative={name: reasons[name] for name in names if name in reasons},
        joint=joint,
        # One alone is what all together are.
        by_base_model={name: joint if len(variables) == 1 else judge([name])[0] for name in variables}
        if each_base_model
        else {},
        untestable=untestable,
    )


def outcome_reliability(data: BaseModelData, outcome: OutcomeName = "source") -> OutcomeReliability:
    """Reliability and variance components of a base model's outcome."""
    scores = outcome_by_seed(data, outcome)
    if scores.shape[1] < 2 or not varies(scores):
        return OutcomeReliability(None, None)
    sampling = log_odds_variance(data.own.hits, data.own.samples) if outcome == "source" else None
    components = moment_components(scores, distance_to_negatives(data), sampling)
    return OutcomeReliability(intraclass_correlation(scores), components)
