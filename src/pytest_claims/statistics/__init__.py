"""Statistics that come with their uncertainty: each returns an estimate that a rule can decide on."""

from pytest_claims.statistics.contingency import ContingencyEstimate, rate_heterogeneity
from pytest_claims.statistics.correlation import (
    partial_pearson,
    pearson,
    row_correlations,
    row_partial_correlations,
    spearman,
    with_resampling,
)
from pytest_claims.statistics.dependent import DependentComparison, compare_dependent
from pytest_claims.statistics.description import Described, described
from pytest_claims.statistics.influence import LeaveOneOut, leave_one_out
from pytest_claims.statistics.mantel import mantel, off_diagonal
from pytest_claims.statistics.means import mean_of, rate_difference
from pytest_claims.statistics.permutation import (
    permutation_histogram,
    permutation_pearson,
    permutation_spearman,
)
from pytest_claims.statistics.power import n_for_power, power_of_correlation
from pytest_claims.statistics.proportions import (
    RatesEstimate,
    clopper_pearson,
    simultaneous_rates,
    wilson,
)
from pytest_claims.statistics.residuals import (
    OutlierEstimate,
    critical_residual,
    outlier,
    studentised_residuals,
)
from pytest_claims.statistics.rounding import (
    AttainableRange,
    ConsistencyEstimate,
    attainable_correlations,
    printed_against_attainable,
)
from pytest_claims.statistics.separation import SeparationEstimate, rank_separation

__all__ = [
    "AttainableRange",
    "ConsistencyEstimate",
    "ContingencyEstimate",
    "DependentComparison",
    "Described",
    "LeaveOneOut",
    "OutlierEstimate",
    "RatesEstimate",
    "SeparationEstimate",
    "attainable_correlations",
    "clopper_pearson",
    "compare_dependent",
    "critical_residual",
    "described",
    "leave_one_out",
    "mantel",
    "mean_of",
    "n_for_power",
    "off_diagonal",
    "outlier",
    "partial_pearson",
    "pearson",
    "permutation_histogram",
    "permutation_pearson",
    "permutation_spearman",
    "power_of_correlation",
    "printed_against_attainable",
    "rank_separation",
    "rate_difference",
    "rate_heterogeneity",
    "row_correlations",
    "row_partial_correlations",
    "simultaneous_rates",
    "spearman",
    "studentised_residuals",
    "wilson",
    "with_resampling",
]
