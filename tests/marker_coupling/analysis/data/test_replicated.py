import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from marker_coupling.analysis.data.arrays import AnalysisError
from marker_coupling.analysis.data.replicated import error_products, exact, over_prompts, over_seeds
from marker_coupling.analysis.models.intraclass import intraclass_correlation

SEEDS = st.integers(0, 10_000)


def error_variance(variable):
    return error_products([variable]).mean()


@given(SEEDS, st.integers(3, 30), st.integers(2, 6))
def test_error_over_seeds_gives_the_intraclass_correlation_of_the_mean(seed, n, seeds):
    scores = np.random.default_rng(seed).normal(size=(n, seeds)) + np.random.default_rng(seed + 1).normal(
        size=(n, 1)
    )
    found = over_seeds(scores)
    reliability = 1 - error_variance(found) / np.var(found.values, ddof=1)
    assert reliability == pytest.approx(intraclass_correlation(scores).mean, abs=1e-9)


@given(SEEDS)
def test_one_wording_or_one_text_is_a_one_way_replication(seed):
    scores = np.random.default_rng(seed).normal(size=(4, 20))
    expected = error_variance(over_seeds(scores.T))
    assert error_variance(over_prompts(scores[:, None])) == pytest.approx(expected)
    assert error_variance(over_prompts(scores[None])) == pytest.approx(expected)


def test_error_over_prompts_is_what_other_prompts_would_give():
    generator = np.random.default_rng(0)
    n, texts, wordings = 6000, 3, 4

    def draw(true):
        text, wording = generator.normal(size=(texts, 1, n)), 0.8 * generator.normal(size=(1, wordings, n))
        return true + text + wording + 0.6 * generator.normal(size=(texts, wordings, n))

    true = generator.normal(size=n)
    expected = 1 / texts + 0.64 / wordings + 0.36 / (texts * wordings)
    first, second = over_prompts(draw(true)), over_prompts(draw(true))
    assert error_variance(first) == pytest.approx(expected, rel=0.05)
    assert np.var(first.values - second.values) / 2 == pytest.approx(expected, rel=0.05)


@given(SEEDS, st.floats(-5, 5), st.floats(0.1, 10))
def test_error_has_the_scale_of_the_values_and_no_place(seed, shift, scale):
    scores = np.random.default_rng(seed).normal(size=(2, 3, 12))
    assert error_variance(over_prompts(scale * scores + shift)) == pytest.approx(
        scale**2 * error_variance(over_prompts(scores)), rel=1e-6
    )


def test_errors_of_one_facet_covary_and_of_two_do_not():
    generator = np.random.default_rng(0)
    shared = generator.normal(size=(3, 2, 5000))
    first, second = over_prompts(shared), over_prompts(shared + generator.normal(size=shared.shape))
    seeds = over_seeds(generator.normal(size=(5000, 6)))
    products = error_products([first, second, seeds, exact(np.zeros(5000))]).mean(axis=0)
    assert products[0, 1] == pytest.approx(products[0, 0], rel=0.1)
    assert (products[:2, 2:] == 0).all()
    assert (products[3] == 0).all()


def test_one_replicate_says_nothing_of_error():
    assert not over_seeds(np.ones((5, 1))).is_replicated
    assert not over_prompts(np.ones((1, 1, 5))).is_replicated
    with pytest.raises(AnalysisError, match="finite"):
        over_prompts([[[1.0, np.nan]]])
