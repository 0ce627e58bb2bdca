import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize
from statsmodels.regression.mixed_linear_model import MixedLM

from marker_coupling.analysis.data.log_odds import log_odds, log_odds_variance
from marker_coupling.analysis.models.variance_components import moment_components, reml_components

from ..reference import R, by_persona_and_seed

SCORES = log_odds(by_persona_and_seed("hits"), by_persona_and_seed("samples"))


@pytest.mark.parametrize("estimate", [moment_components, reml_components])
def test_agrees_with_lme4(estimate):
    found, expected = estimate(SCORES), R["components"]
    assert found.persona == pytest.approx(expected["persona"], rel=1e-5)
    assert found.seed == pytest.approx(expected["seed"], rel=1e-5)
    assert found.persona_seed == pytest.approx(expected["Residual"], rel=1e-6)


def test_agrees_with_statsmodels():
    personas, seeds = SCORES.shape
    person, seed = np.repeat(np.arange(personas), seeds), np.tile(np.arange(seeds), personas)
    fit = MixedLM(SCORES.ravel(), np.eye(seeds)[seed], groups=person).fit(reml=True)
    found = reml_components(SCORES)
    assert found.persona == pytest.approx(float(np.asarray(fit.cov_re)[0, 0]), rel=1e-4)
    assert found.persona_seed == pytest.approx(fit.scale, rel=1e-4)


def restricted_deviance(components, scores):
    """Minus twice the restricted log-likelihood by the definition, with the full covariance matrix."""
    persona, seed, residual = components
    n, seeds = scores.shape
    covariance = (
        persona * np.kron(np.eye(n), np.ones((seeds, seeds)))
        + seed * np.kron(np.ones((n, n)), np.eye(seeds))
        + residual * np.eye(n * seeds)
    )
    inverse, ones = np.linalg.inv(covariance), np.ones(n * seeds)
    centred = scores.ravel() - (ones @ inverse @ scores.ravel()) / (ones @ inverse @ ones)
    return np.linalg.slogdet(covariance)[1] + np.log(ones @ inverse @ ones) + centred @ inverse @ centred


@settings(max_examples=12)
@given(st.integers(0, 10_000), st.sampled_from([0.0, 1.0]), st.sampled_from([0.0, 1.0]))
def test_the_closed_form_maximises_the_restricted_likelihood(seed, persona, other):
    generator = np.random.default_rng(seed)
    scores = (
        generator.normal(size=(6, 4))
        + persona * generator.normal(size=(6, 1))
        + other * generator.normal(size=4)
    )
    found = reml_components(scores)
    best = restricted_deviance((found.persona, found.seed, found.persona_seed), scores)
    search = optimize.minimize(
        restricted_deviance,
        [0.5, 0.5, 1.0],
        args=(scores,),
        method="L-BFGS-B",
        bounds=[(0, None), (0, None), (1e-6, None)],
    )
    assert best <= search.fun + 1e-6
    assert min(found.persona, found.seed) >= 0


def test_parts_of_the_interaction_are_recovered():
    generator = np.random.default_rng(0)
    n, seeds = 3000, 5
    distance = generator.normal(size=(n, seeds)) + generator.normal(size=(n, 1))
    eta = generator.normal(size=(n, 1)) + 0.6 * distance + 0.5 * generator.normal(size=(n, seeds))
    hits = generator.binomial(100, 1 / (1 + np.exp(-eta))).astype(float)
    samples = np.full(hits.shape, 100.0)
    found = moment_components(log_odds(hits, samples), distance, log_odds_variance(hits, samples))
    assert found.negatives == pytest.approx(0.36, abs=0.05)
    # What is neither negatives nor sampling is the noise that was put in.
    assert found.unexplained == pytest.approx(0.25, abs=0.06)


def test_a_distance_that_says_nothing_explains_nothing():
    generator = np.random.default_rng(0)
    shares = [
        moment_components(generator.normal(size=(40, 5)), generator.normal(size=(40, 5))).negatives
        for _ in range(200)
    ]
    assert abs(np.mean(shares)) < 4 * np.std(shares) / np.sqrt(len(shares))


def test_sampling_variance_of_the_log_odds():
    generator = np.random.default_rng(0)
    hits = generator.binomial(100, 0.3, size=200_000).astype(float)
    samples = np.full(hits.shape, 100.0)
    assert np.mean(log_odds(hits, samples)) == pytest.approx(np.log(0.3 / 0.7), abs=0.003)
    assert np.mean(log_odds_variance(hits, samples)) == pytest.approx(
        np.var(log_odds(hits, samples)), rel=0.03
    )
    assert log_odds(np.array([0.0, 100.0]), np.array([100.0, 100.0])) == pytest.approx(
        [-5.303, 5.303], abs=0.001
    )
