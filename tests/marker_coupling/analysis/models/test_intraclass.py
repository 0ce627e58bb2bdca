import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from marker_coupling.analysis.data.arrays import AnalysisError
from marker_coupling.analysis.data.categories import categories_of
from marker_coupling.analysis.data.log_odds import log_odds
from marker_coupling.analysis.models.intraclass import (
    bootstrap_intraclass,
    intraclass_correlation,
    spearman_brown,
)

from ..reference import R, by_persona_and_seed

SCORES = log_odds(by_persona_and_seed("hits"), by_persona_and_seed("samples"))
# Shrout and Fleiss (1979), table 2: six targets, four judges; their table 4 has the coefficients.
JUDGED = np.array(
    [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]], dtype=float
)


@pytest.mark.parametrize(
    ("form", "single", "mean"), [("ICC(1)", "ICC1", "ICC1k"), ("ICC(C,1)", "ICC3", "ICC3k")]
)
def test_agrees_with_psych(form, single, mean):
    found = intraclass_correlation(SCORES, form)
    assert [found.single, found.single_low, found.single_high] == pytest.approx(R[single], abs=1e-9)
    assert [found.mean, found.mean_low, found.mean_high] == pytest.approx(R[mean], abs=1e-9)


def test_agrees_with_shrout_and_fleiss():
    assert intraclass_correlation(JUDGED, "ICC(1)").single == pytest.approx(0.17, abs=0.005)
    assert intraclass_correlation(JUDGED, "ICC(1)").mean == pytest.approx(0.44, abs=0.005)
    assert intraclass_correlation(JUDGED).single == pytest.approx(0.71, abs=0.006)
    assert intraclass_correlation(JUDGED).mean == pytest.approx(0.91, abs=0.005)


@given(
    st.integers(0, 10_000),
    st.floats(-100, 100),
    st.floats(0.01, 100),
    st.sampled_from(["ICC(1)", "ICC(C,1)"]),
)
def test_units_order_and_spearman_brown(seed, shift, scale, form):
    generator = np.random.default_rng(seed)
    scores = generator.normal(size=(12, 4)) + generator.normal(size=(12, 1))
    found = intraclass_correlation(scores, form)
    moved = intraclass_correlation(-scale * scores[generator.permutation(12)][:, ::-1] + shift, form)
    assert moved.single == pytest.approx(found.single, abs=1e-6)
    assert found.single_low <= found.single <= found.single_high
    assert found.mean == pytest.approx(spearman_brown(found.single, 4), abs=1e-9)


@given(st.integers(0, 10_000), st.floats(-5, 5))
def test_what_a_seed_adds_to_all_counts_only_for_icc_1(seed, effect):
    scores = np.random.default_rng(seed).normal(size=(10, 3))
    assert intraclass_correlation(scores + np.array([0, effect, 0])).single == pytest.approx(
        intraclass_correlation(scores).single, abs=1e-9
    )


@pytest.mark.parametrize("form", ["ICC(1)", "ICC(C,1)"])
def test_the_bootstrap_agrees_with_f_on_normal_scores(form):
    generator = np.random.default_rng(0)
    scores = generator.normal(size=(300, 4)) + generator.normal(size=(300, 1))
    expected = intraclass_correlation(scores, form)
    found = bootstrap_intraclass(scores, categories_of(None, 300), form)
    assert (found.single, found.mean) == (expected.single, expected.mean)
    assert (found.single_low, found.single_high) == pytest.approx(
        (expected.single_low, expected.single_high), abs=0.03
    )
    assert bootstrap_intraclass(scores, categories_of(None, 300), form) == found


def test_the_bootstrap_takes_whole_categories():
    """Every persona thrice, as a category: the same point, the same number of units, the same interval."""
    generator = np.random.default_rng(0)
    scores = generator.normal(size=(60, 4)) + generator.normal(size=(60, 1))
    once = bootstrap_intraclass(scores, categories_of(None, 60))
    thrice = bootstrap_intraclass(np.repeat(scores, 3, axis=0), categories_of(list(np.arange(180) // 3), 180))
    assert thrice.single_high - thrice.single_low == pytest.approx(
        once.single_high - once.single_low, rel=0.03
    )


def test_spearman_brown():
    assert spearman_brown(0.5, 2) == pytest.approx(2 / 3)
    assert spearman_brown(0.45, 5) == pytest.approx(0.804, abs=0.001)
    assert spearman_brown(-0.9, 4) == -np.inf
    with pytest.raises(AnalysisError, match="two personas"):
        intraclass_correlation([[1.0], [2.0]])
