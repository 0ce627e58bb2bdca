"""Error rates of claims about rates and agreement, where a plainer statistic says more than it tests; simulated."""

import numpy as np
import pytest

from pytest_claims import AtLeast, Correlation, DependentCorrelations, Outlier, RateEquivalence, Verdict
from pytest_claims.statistics import (
    absolute_agreement,
    compare_dependent,
    log_odds,
    lowest_rates,
    outlier,
    partial_pearson,
    pearson,
    with_bootstrap_interval,
)

from .test_error_rates import at_most, share

S, R = Verdict.SUPPORTED, Verdict.REFUTED
SAMPLES = 100
RUNS = 1000


def rates(generator, n, mean=0.0, spread=1.0):
    return 1 / (1 + np.exp(-generator.normal(mean, spread, n)))


def sampled(generator, probability):
    return generator.binomial(SAMPLES, probability)


def scale(hits):
    return log_odds(hits, np.full(hits.shape, SAMPLES))


@pytest.mark.parametrize("n", [10, 48])
def test_other_prompts_rate_that_has_nothing_to_do_with_the_own(n):
    """The own prompt's share of all markers rises with its rate by arithmetic alone; log-odds do not."""

    def counts(generator):
        return sampled(generator, rates(generator, n)), sampled(generator, rates(generator, n, -1))

    def by_share(generator):
        own, other = counts(generator)
        return pearson(own / SAMPLES, (own + 1) / (own + other + 2))

    def by_log_odds(generator):
        own, other = counts(generator)
        return pearson(scale(own), scale(other))

    assert share(S, Correlation("positive"), by_share, 300) > 100
    assert at_most(share(S, Correlation("negative"), by_log_odds, RUNS), RUNS, 0.025)


@pytest.mark.parametrize("n", [10, 48])
def test_a_predictor_of_the_own_rate_alone(n):
    """Own less other rate contains the own one, and so whatever predicts that; the other given it does not."""

    def counts(generator):
        predictor = generator.normal(size=n)
        own = 1 / (1 + np.exp(predictor + generator.normal(size=n)))
        return predictor, sampled(generator, own), sampled(generator, rates(generator, n, -1))

    def by_difference(generator):
        predictor, own, other = counts(generator)
        return pearson(predictor, (own - other) / SAMPLES)

    def given_own(generator):
        predictor, own, other = counts(generator)
        return partial_pearson(predictor, scale(other), scale(own))

    assert share(S, Correlation("negative"), by_difference, 300) > 60
    assert at_most(share(S, Correlation("positive"), given_own, RUNS), RUNS, 0.025)


@pytest.mark.parametrize(("n", "by_rates"), [(10, 0.1), (48, 0.4), (100, 0.6)])
@pytest.mark.parametrize("mean", [2.5, 0.0])
def test_some_outlier_where_there_is_none(n, by_rates, mean):
    """Near 1 rates are skew, and some persona is an outlier in most samples; log-odds call it in few."""
    labels = tuple(map(str, range(n)))
    rule = Outlier("0")

    def some(statistic, runs):
        generator = np.random.default_rng(1)
        found = 0
        for _ in range(runs):
            hits = sampled(generator, rates(generator, n, mean))
            decided = rule.decide(outlier(labels, generator.normal(size=n), statistic(hits)))
            found += decided.verdict is not Verdict.INCONCLUSIVE
        return found

    # Log-odds of counts have tails a little heavier than the normal's, so that 2.5% are up to 6%.
    assert at_most(some(scale, 300), 300, 0.06)
    if mean > 0:
        assert some(lambda hits: hits / SAMPLES, 100) > 100 * by_rates


@pytest.mark.parametrize("n", [10, 48, 100])
def test_the_lowest_of_many_rates_that_are_all_beyond_the_margin(n):
    """All rates are at the margin; the lowest four counts of many lie nearer to a third."""
    rule = RateEquivalence(1 / 3, margin=0.15)

    def order_statistics(generator):
        return lowest_rates(generator.binomial(400, 1 / 3 + 0.15, n), np.full(n, 400), 4)

    assert at_most(share(S, rule, order_statistics, 500), 500, 0.025)


@pytest.mark.parametrize("n", [10, 48, 100])
def test_two_predictors_that_are_equally_strong_but_for_the_skew_of_one(n):
    """Skew alone weakens Pearson's r, and makes the skew predictor the weaker one; its logarithm is not."""
    rule = DependentCorrelations("cosine", "JS")
    root = np.linalg.cholesky(np.array([[1, -0.5, -0.5], [-0.5, 1, 0.5], [-0.5, 0.5, 1]]))

    def compared(generator, turn):
        cosine, log_js, rate = root @ generator.normal(size=(3, n))
        columns = (cosine, turn(log_js), rate)
        return with_bootstrap_interval(
            compare_dependent(*columns), *columns, resamples=499, seed=int(generator.integers(1 << 30))
        )

    found = share(S, rule, lambda g: compared(g, lambda column: column), 500)
    assert at_most(found, 500, 0.025), found
    assert at_most(share(R, rule, lambda g: compared(g, lambda column: column), 500), 500, 0.025)
    if n == 100:
        assert share(S, rule, lambda g: compared(g, np.exp), 200) > 20


@pytest.mark.parametrize(("n", "bias"), [(10, 0.0), (48, 0.0), (48, 0.3)])
def test_two_measurements_that_agree_at_the_bound(n, bias):
    """Half of the bias goes to either measurement, whose error has variance 1."""
    bound = 0.75
    spread = np.sqrt(bound * (1 + bias**2 / 2) / (1 - bound))

    def draw(generator):
        true = generator.normal(0, spread, n)
        first, second = true + generator.normal(size=(2, n))
        return absolute_agreement(first + bias / 2, second - bias / 2)

    assert at_most(share(S, AtLeast(bound), draw, RUNS), RUNS, 0.025)
    assert at_most(share(R, AtLeast(bound), draw, RUNS), RUNS, 0.03)


def test_two_measurements_that_correlate_and_do_not_agree():
    """One is half of the other: r is 1 but for noise, which is no agreement."""

    def draw(generator):
        first = rates(generator, 48)
        return absolute_agreement(first, first / 2 + 0.01 * generator.normal(size=48))

    assert share(S, AtLeast(0.75), draw, 100) == 0
    assert share(R, AtLeast(0.75), draw, 100) > 50
