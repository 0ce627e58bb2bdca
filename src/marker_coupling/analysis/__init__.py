"""Statistics over many personas, seeds and base models: what decides whether distance predicts coupling.

Plain arrays in, results out: no evidence classes, no torch, no pytest. :func:`analyse_study` runs the
registered analysis, :func:`check_validity` judges the measure before it; ``simulation`` says how often the
analysis errs.
"""

from marker_coupling.analysis.correlations.base_model_effects import summarise_base_models
from marker_coupling.analysis.correlations.joint_correlation import JointCorrelation, joint_correlation
from marker_coupling.analysis.correlations.partial_correlation import PartialCorrelation, partial_correlation
from marker_coupling.analysis.correlations.permutation_test import PermutationTest, permutation_test
from marker_coupling.analysis.correlations.power import (
    correlation_between_models,
    needed_personas,
    personas_for_smallest_effect,
    power_of_joint_test,
)
from marker_coupling.analysis.correlations.true_correlation import TrueCorrelation, true_correlation
from marker_coupling.analysis.data.arrays import AnalysisError
from marker_coupling.analysis.data.categories import Categories, categories_of
from marker_coupling.analysis.data.composite import composite, upper_half
from marker_coupling.analysis.data.gating import gating_by_seed, pooled_bystanders
from marker_coupling.analysis.data.log_odds import log_odds, log_odds_variance
from marker_coupling.analysis.data.replicated import Replicated, exact, over_prompts, over_seeds
from marker_coupling.analysis.data.study_data import (
    BaseModelData,
    BystanderCounts,
    Cosines,
    Counts,
    StudyData,
)
from marker_coupling.analysis.decisions.gatekeeping import Gatekeeping, fixed_sequence, gatekept
from marker_coupling.analysis.decisions.holm import holm
from marker_coupling.analysis.decisions.hypotheses import GATEKEEPING, HYPOTHESES, Hypothesis
from marker_coupling.analysis.decisions.layers import LayerMap, map_layers
from marker_coupling.analysis.decisions.rival import Rival, compare_rival
from marker_coupling.analysis.decisions.sequence import HypothesisResult, judge_sequence
from marker_coupling.analysis.decisions.specification_curve import (
    Specification,
    SpecificationCurve,
    specification_curve,
)
from marker_coupling.analysis.decisions.verdict import Decision, Kind, Verdict, decide
from marker_coupling.analysis.models.binomial_model import BinomialModel, fit_binomial_model
from marker_coupling.analysis.models.intraclass import (
    IntraclassCorrelation,
    bootstrap_intraclass,
    intraclass_correlation,
    spearman_brown,
)
from marker_coupling.analysis.models.random_effects import RandomEffects, random_effects
from marker_coupling.analysis.models.registered_models import StandardisedModel, cell_model, persona_model
from marker_coupling.analysis.models.variance_components import (
    VarianceComponents,
    moment_components,
    reml_components,
)
from marker_coupling.analysis.study_analysis import (
    OutcomeReliability,
    StudyAnalysis,
    analyse_study,
    outcome_reliability,
)
from marker_coupling.analysis.validity.retrieval import Retrieval, nearest_names
from marker_coupling.analysis.validity.validity_check import (
    CalibrationGeometry,
    Validity,
    ValidityBounds,
    check_validity,
)

__all__ = [
    "GATEKEEPING",
    "HYPOTHESES",
    "AnalysisError",
    "BaseModelData",
    "BinomialModel",
    "BystanderCounts",
    "CalibrationGeometry",
    "Categories",
    "Cosines",
    "Counts",
    "Decision",
    "Gatekeeping",
    "Hypothesis",
    "HypothesisResult",
    "IntraclassCorrelation",
    "JointCorrelation",
    "Kind",
    "LayerMap",
    "OutcomeReliability",
    "PartialCorrelation",
    "PermutationTest",
    "RandomEffects",
    "Replicated",
    "Retrieval",
    "Rival",
    "Specification",
    "SpecificationCurve",
    "StandardisedModel",
    "StudyAnalysis",
    "StudyData",
    "TrueCorrelation",
    "Validity",
    "ValidityBounds",
    "VarianceComponents",
    "Verdict",
    "analyse_study",
    "bootstrap_intraclass",
    "categories_of",
    "cell_model",
    "check_validity",
    "compare_rival",
    "composite",
    "correlation_between_models",
    "decide",
    "exact",
    "fit_binomial_model",
    "fixed_sequence",
    "gatekept",
    "gating_by_seed",
    "holm",
    "intraclass_correlation",
    "joint_correlation",
    "judge_sequence",
    "log_odds",
    "log_odds_variance",
    "map_layers",
    "moment_components",
    "nearest_names",
    "needed_personas",
    "outcome_reliability",
    "over_prompts",
    "over_seeds",
    "partial_correlation",
    "permutation_test",
    "persona_model",
    "personas_for_smallest_effect",
    "pooled_bystanders",
    "power_of_joint_test",
    "random_effects",
    "reml_components",
    "spearman_brown",
    "specification_curve",
    "summarise_base_models",
    "true_correlation",
    "upper_half",
]
