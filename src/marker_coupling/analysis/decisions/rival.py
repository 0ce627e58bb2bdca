"""Rival explanation of the headline: distinctness from other personas, not distance from the assistant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from marker_coupling.analysis.correlations.joint_correlation import JointCorrelation, joint_correlation
from marker_coupling.analysis.data.categories import categories_of
from marker_coupling.analysis.data.study_data import StudyData
from marker_coupling.analysis.data.variables import OutcomeName, study_variables
from marker_coupling.analysis.decisions.hypotheses import Hypothesis
from marker_coupling.analysis.decisions.sequence import correlate
from marker_coupling.analysis.models.registered_models import StandardisedModel, persona_model

Measure = Literal["panel_cosine", "sources_cosine"]


@dataclass(frozen=True, eq=False)
class Rival:
    """Cosine to the assistant and mean cosine to other personas, each alone and given the other.

    Parameters
    ----------
    measure : ``panel_cosine``: over a fixed reference panel; ``sources_cosine``: over the other sources
    between : by base model, the correlation of both measures over personas
    cosine, other : joint partial correlations with coupling, given the covariates
    cosine_given_other, other_given_cosine : the same with the other measure held fixed, and corrected for
        its error
    by_base_model : the four of each base model, in this order
    models : by base model, the mixed model with both measures, in standard deviations; not corrected for
        error
    """

    measure: Measure
    between: Mapping[str, float]
    cosine: JointCorrelation
    other: JointCorrelation
    cosine_given_other: JointCorrelation
    other_given_cosine: JointCorrelation
    by_base_model: Mapping[str, tuple[JointCorrelation, ...]]
    models: Mapping[str, StandardisedModel]


def compare_rival(study: StudyData, measure: Measure, outcome: OutcomeName = "source") -> Rival:
    """Compare the headline with its rival.

    Parameters
    ----------
    study : base models to include
    measure : of distinctness
    outcome : coupling strength
    """
    categories = categories_of(study.categories, len(study.personas))
    variables = {data.name: study_variables(data, outcome) for data in study.base_models}
    hypotheses = [
        Hypothesis("cosine", "", "cosine", -1),
        Hypothesis("other", "", measure, -1),
        Hypothesis("cosine-given-other", "", "cosine", -1, given=(measure,)),
        Hypothesis("other-given-cosine", "", measure, -1, given=("cosine",)),
    ]
    results = [correlate(hypothesis, list(variables.values()), categories) for hypothesis in hypotheses]
    joint = [joint_correlation(correlations) for correlations in results]
    return Rival(
        measure=measure,
        between={
            name: float(np.corrcoef(named["cosine"].values, named[measure].values)[0, 1])
            for name, named in variables.items()
        },
        cosine=joint[0],
        other=joint[1],
        cosine_given_other=joint[2],
        other_given_cosine=joint[3],
        by_base_model={
            name: tuple(joint_correlation([correlations[index]]) for correlations in results)
            for index, name in enumerate(variables)
        },
        models={
            name: persona_model(named, categories, given=(measure,)) for name, named in variables.items()
        },
    )
