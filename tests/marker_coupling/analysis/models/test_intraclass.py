import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from marker_coupling.analysis.data.arrays import AnalysisError
from marker_coupling.analysis.data.log_odds import log_odds
from marker_coupling.analysis.models.intraclass import intraclass_correlation

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
    assert found.mean == pytest.approx(4 * found.single / (1 + 3 * found.single), abs=1e-9)


@given(st.integers(0, 10_000), st.floats(-5, 5))
def test_what_a_seed_adds_to_all_counts_only_for_icc_1(seed, effect):
    scores = np.random.default_rng(seed).normal(size=(10, 3))
    assert intraclass_correlation(scores + np.array([0, effect, 0])).single == pytest.approx(
        intraclass_correlation(scores).single, abs=1e-9
    )


def test_a_single_seed_is_refused():
    with pytest.raises(AnalysisError, match="two personas"):
        intraclass_correlation([[1.0], [2.0]])
