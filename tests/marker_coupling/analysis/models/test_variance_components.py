import numpy as np
import pytest
from statsmodels.regression.mixed_linear_model import MixedLM

from marker_coupling.analysis.data.log_odds import log_odds, log_odds_variance
from marker_coupling.analysis.models.variance_components import moment_components

from ..reference import R, by_persona_and_seed

SCORES = log_odds(by_persona_and_seed("hits"), by_persona_and_seed("samples"))


def test_agrees_with_lme4():
    found, expected = moment_components(SCORES), R["components"]
    assert found.persona == pytest.approx(expected["persona"], rel=1e-5)
    assert found.seed == pytest.approx(expected["seed"], rel=1e-5)
    assert found.persona_seed == pytest.approx(expected["Residual"], rel=1e-6)


def test_agrees_with_statsmodels():
    personas, seeds = SCORES.shape
    person, seed = np.repeat(np.arange(personas), seeds), np.tile(np.arange(seeds), personas)
    fit = MixedLM(SCORES.ravel(), np.eye(seeds)[seed], groups=person).fit(reml=True)
    found = moment_components(SCORES)
    assert found.persona == pytest.approx(float(np.asarray(fit.cov_re)[0, 0]), rel=1e-4)
    assert found.persona_seed == pytest.approx(fit.scale, rel=1e-4)


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
