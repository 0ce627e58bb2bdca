"""Statistics that come with their uncertainty: each returns an estimate that a rule can decide on."""

from inspect import ismodule as _ismodule

from pytest_claims.core.multiplicity import adjust_holm as adjust_holm
from pytest_claims.statistics.agreement import absolute_agreement as absolute_agreement
from pytest_claims.statistics.contingency import ContingencyEstimate as ContingencyEstimate
from pytest_claims.statistics.contingency import rate_heterogeneity as rate_heterogeneity
from pytest_claims.statistics.correlation import partial_pearson as partial_pearson
from pytest_claims.statistics.correlation import pearson as pearson
from pytest_claims.statistics.correlation import row_correlations as row_correlations
from pytest_claims.statistics.correlation import row_partial_correlations as row_partial_correlations
from pytest_claims.statistics.correlation import spearman as spearman
from pytest_claims.statistics.correlation import with_resampling as with_resampling
from pytest_claims.statistics.dependent import DependentComparison as DependentComparison
from pytest_claims.statistics.dependent import compare_dependent as compare_dependent
from pytest_claims.statistics.dependent import with_bootstrap_interval as with_bootstrap_interval
from pytest_claims.statistics.description import Described as Described
from pytest_claims.statistics.description import described as described
from pytest_claims.statistics.mantel import mantel as mantel
from pytest_claims.statistics.mantel import off_diagonal as off_diagonal
from pytest_claims.statistics.means import mean_of as mean_of
from pytest_claims.statistics.means import rate_difference as rate_difference
from pytest_claims.statistics.order_statistics import lowest_rates as lowest_rates
from pytest_claims.statistics.permutation import permutation_histogram as permutation_histogram
from pytest_claims.statistics.permutation import permutation_pearson as permutation_pearson
from pytest_claims.statistics.permutation import permutation_spearman as permutation_spearman
from pytest_claims.statistics.power import n_for_power as n_for_power
from pytest_claims.statistics.power import power_of_correlation as power_of_correlation
from pytest_claims.statistics.proportions import RatesEstimate as RatesEstimate
from pytest_claims.statistics.proportions import clopper_pearson as clopper_pearson
from pytest_claims.statistics.proportions import log_odds as log_odds
from pytest_claims.statistics.proportions import simultaneous_rates as simultaneous_rates
from pytest_claims.statistics.proportions import wilson as wilson
from pytest_claims.statistics.residuals import LeaveOneOut as LeaveOneOut
from pytest_claims.statistics.residuals import OutlierEstimate as OutlierEstimate
from pytest_claims.statistics.residuals import critical_residual as critical_residual
from pytest_claims.statistics.residuals import leave_one_out as leave_one_out
from pytest_claims.statistics.residuals import outlier as outlier
from pytest_claims.statistics.residuals import studentised_residuals as studentised_residuals
from pytest_claims.statistics.rounding import AttainableRange as AttainableRange
from pytest_claims.statistics.rounding import ConsistencyEstimate as ConsistencyEstimate
from pytest_claims.statistics.rounding import attainable_correlations as attainable_correlations
from pytest_claims.statistics.rounding import printed_against_attainable as printed_against_attainable
from pytest_claims.statistics.separation import SeparationEstimate as SeparationEstimate
from pytest_claims.statistics.separation import rank_separation as rank_separation

#: The public names: those that are imported above.
__all__ = [name for name, value in vars().items() if not (name.startswith("_") or _ismodule(value))]
