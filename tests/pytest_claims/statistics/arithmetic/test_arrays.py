"""Every statistic of columns refuses what cannot carry it, and says which column and what was expected."""

import numpy as np
import pytest

from pytest_claims import BrokenMeasurementError
from pytest_claims.statistics import (
    attainable_correlations,
    clopper_pearson,
    compare_dependent,
    leave_one_out,
    outlier,
    partial_pearson,
    pearson,
    permutation_histogram,
    permutation_pearson,
    permutation_spearman,
    rank_separation,
    rate_heterogeneity,
    simultaneous_rates,
    spearman,
    studentised_residuals,
    wilson,
)

GOOD = [3.0, 1.0, 4.0, 1.5, 9.0, 2.0]
OTHER = [2.0, 7.0, 1.0, 8.0, 2.5, 8.5]
COLUMN_STATISTICS = {
    "pearson": pearson,
    "spearman": spearman,
    "partial_pearson": lambda x, y: partial_pearson(x, y, OTHER[: len(y)]),
    "partial_pearson, given": lambda x, y: partial_pearson(OTHER[: len(y)], y, x),
    "permutation_pearson": permutation_pearson,
    "permutation_spearman": permutation_spearman,
    "permutation_histogram": permutation_histogram,
    "compare_dependent": lambda x, y: compare_dependent(x, OTHER[: len(y)], y),
    "studentised_residuals": studentised_residuals,
    "outlier": lambda x, y: outlier("abcdef"[: len(y)], x, y),
    "leave_one_out": lambda x, y: leave_one_out("abcdef"[: len(y)], x, y),
    "attainable_correlations": lambda x, y: attainable_correlations(x, y, 0.01, 0.01),
    "rank_separation": lambda x, y: rank_separation(x, y, k=1, which="highest", sign="positive"),
}


@pytest.mark.parametrize("statistic", COLUMN_STATISTICS.values(), ids=COLUMN_STATISTICS)
@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        (GOOD[:3], GOOD[:3], "expected at least 4 values, got 3"),
        ([], [], "expected at least 4 values, got 0"),
        (GOOD[:5], GOOD, "expected [56] values, as .* has, got [56]"),
        ([*GOOD[:5], np.nan], GOOD, "expected finite numbers, got nan"),
        ([*GOOD[:5], None], GOOD, "expected finite numbers, got nan"),
        ([*GOOD[:5], -np.inf], GOOD, "expected finite numbers, got -inf"),
        ([0.1 + 0.2, 0.3, 0.3, 0.3, 0.3, 0.3], GOOD, "expected values that differ, got a constant column"),
        ([0.0] * 6, GOOD, "expected values that differ, got a constant column"),
        ([[1.0, 2.0, 3.0, 4.0]], GOOD, "expected one dimension, got 2"),
        ([*GOOD[:5], "many"], GOOD, "expected numbers, .*many"),
    ],
)
def test_columns_that_cannot_carry_a_statistic(statistic, x, y, message):
    with pytest.raises(BrokenMeasurementError, match=message):
        statistic(x, y)


def test_a_small_spread_about_a_large_value_is_not_constant():
    assert pearson([1e6 + value * 1e-3 for value in GOOD], GOOD).value == pytest.approx(1, abs=1e-9)


@pytest.mark.parametrize(
    "statistic",
    [
        wilson,
        clopper_pearson,
        rate_heterogeneity,
        lambda hits, samples: simultaneous_rates(("a", "b"), hits, samples),
    ],
    ids=["wilson", "clopper_pearson", "rate_heterogeneity", "simultaneous_rates"],
)
@pytest.mark.parametrize(
    ("hits", "samples", "message"),
    [
        ([1, 2], [5], "expected one shape"),
        ([], [], "expected one shape"),
        ([1, np.nan], [5, 5], "hits: expected whole numbers"),
        ([1, 1.5], [5, 5], "hits: expected whole numbers"),
        ([1, 2], [5, np.inf], "samples: expected whole numbers"),
        ([1, 2], [5, 1e300], r"samples: expected at most 2\*\*53, got 1e\+300"),
        ([1, -1], [5, 5], "0 <= hits <= samples"),
        ([1, 6], [5, 5], "0 <= hits <= samples"),
        ([0, 0], [5, 0], "samples > 0"),
        (["few", 1], [5, 5], "hits: expected numbers"),
    ],
)
def test_counts_that_are_none(statistic, hits, samples, message):
    with pytest.raises(BrokenMeasurementError, match=message):
        statistic(hits, samples)
