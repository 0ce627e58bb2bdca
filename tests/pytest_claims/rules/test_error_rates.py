"""How often does each rule err? Simulated, seeded, with the binomial error of the simulation allowed for."""

import numpy as np
import pytest
import scipy.stats

from pytest_claims import (
    AtLeast,
    Correlation,
    DependentCorrelations,
    Estimate,
    Heterogeneity,
    LooselyRelated,
    Outlier,
    RateEquivalence,
    Separation,
    Verdict,
)
from pytest_claims.statistics import (
    compare_dependent,
    mantel,
    outlier,
    partial_pearson,
    pearson,
    permutation_pearson,
    rank_separation,
    rate_heterogeneity,
    simultaneous_rates,
    spearman,
)

N = 10
RUNS = 3000
LABELS = tuple(f"unit {index}" for index in range(N))


def share(verdict, rule, draw, runs=RUNS, seed=0):
    """How many of the runs end in a verdict."""
    generator = np.random.default_rng(seed)
    return sum(rule.decide(draw(generator)).verdict is verdict for _ in range(runs))


def at_most(found, runs, rate):
    """Whether so many are compatible with a true rate of at most ``rate``, at one in ten thousand."""
    return scipy.stats.binom.sf(found - 1, runs, rate) > 1e-4


def bivariate(generator, r, n=N):
    x, y = generator.normal(size=(2, n))
    return x, r * x + np.sqrt(1 - r * r) * y


@pytest.mark.parametrize("statistic", [pearson, spearman])
def test_correlation_under_no_effect(statistic):
    found = share(Verdict.SUPPORTED, Correlation("negative"), lambda g: statistic(*g.normal(size=(2, N))))
    assert at_most(found, RUNS, 0.025), found


def test_correlation_by_permutation_under_no_effect():
    found = share(
        Verdict.SUPPORTED,
        Correlation("negative"),
        lambda g: permutation_pearson(*g.normal(size=(2, 6))),
        1500,
    )
    assert at_most(found, 1500, 0.025), found


def test_partial_correlation_under_no_effect():
    def draw(generator):
        x, y, z = generator.normal(size=(3, N))
        return partial_pearson(x + z, y + z, z)

    assert at_most(share(Verdict.SUPPORTED, Correlation("positive"), draw), RUNS, 0.025)


def test_mantel_under_no_effect():
    found = share(
        Verdict.SUPPORTED, Correlation("positive"),
        lambda g: mantel(*g.normal(size=(2, N, N)), permutations=199, seed=int(g.integers(1 << 30))), 400,
    )  # fmt: skip
    assert at_most(found, 400, 0.025), found


def test_correlation_under_the_published_effect():
    found = share(Verdict.REFUTED, Correlation("negative"), lambda g: pearson(*bivariate(g, -0.66)), 6000)
    assert at_most(found, 6000, 0.01), found


def test_correlation_finds_the_published_effect_as_often_as_its_power_says():
    found = share(Verdict.SUPPORTED, Correlation("negative"), lambda g: pearson(*bivariate(g, -0.66)))
    assert abs(found / RUNS - 0.60) < 0.04


def test_loosely_related_where_the_relation_is_at_the_bound():
    found = share(Verdict.SUPPORTED, LooselyRelated(0.7), lambda g: pearson(*bivariate(g, 0.7, 40)))
    assert at_most(found, RUNS, 0.025 + 0.01), found  # Fisher's interval is approximate, and slightly biased
    found = share(Verdict.REFUTED, LooselyRelated(0.7), lambda g: pearson(*bivariate(g, 0.0)))
    assert at_most(found, RUNS, 0.01), found


def test_dependent_correlations():
    def equal(generator):
        first, second, noise = generator.normal(size=(3, N))
        return compare_dependent(first, second, first + second + noise)

    def first_only(generator):
        first, second, noise = generator.normal(size=(3, N))
        return compare_dependent(first, second, first + 0.7 * noise)

    rule = DependentCorrelations("first", "second")
    assert at_most(share(Verdict.SUPPORTED, rule, equal), RUNS, 0.025)
    assert at_most(share(Verdict.REFUTED, rule, first_only), RUNS, 0.01)


def test_heterogeneity():
    def same(generator):
        return rate_heterogeneity(generator.binomial(100, 0.4, N), np.full(N, 100))

    def published(generator):
        rates = np.array([41, 53, 63, 57, 49, 67, 32, 32, 33, 32]) / 100
        return rate_heterogeneity(generator.binomial(100, rates), np.full(N, 100))

    assert at_most(share(Verdict.SUPPORTED, Heterogeneity(), same), RUNS, 0.025)
    assert at_most(share(Verdict.REFUTED, Heterogeneity(), published, 500), 500, 0.01)


def test_separation():
    def draw(generator, r):
        score, rate = bivariate(generator, r)
        return rank_separation(score, rate, k=5, which="highest", sign="negative")

    assert at_most(share(Verdict.SUPPORTED, Separation(), lambda g: draw(g, 0.0)), RUNS, 0.025)
    assert at_most(share(Verdict.REFUTED, Separation(), lambda g: draw(g, -0.66)), RUNS, 0.01)


def test_outlier():
    def none(generator):
        return outlier(LABELS, *generator.normal(size=(2, N)))

    def first(generator):
        x, y = generator.normal(size=(2, N))
        y[0] += 8
        return outlier(LABELS, x, y)

    assert at_most(share(Verdict.SUPPORTED, Outlier(LABELS[0]), none), RUNS, 0.025)
    assert at_most(share(Verdict.REFUTED, Outlier(LABELS[0]), first), RUNS, 0.01)


def test_rate_equivalence():
    def draw(generator, rates):
        return simultaneous_rates(("a", "b", "c", "d"), generator.binomial(100, rates), np.full(4, 100))

    rule = RateEquivalence(1 / 3, margin=0.15)
    at_the_margin = [1 / 3, 1 / 3, 1 / 3, 1 / 3 + 0.15]
    assert at_most(share(Verdict.SUPPORTED, rule, lambda g: draw(g, at_the_margin)), RUNS, 0.025)
    assert at_most(share(Verdict.REFUTED, rule, lambda g: draw(g, [1 / 3] * 4)), RUNS, 0.01)


def test_at_least():
    def draw(generator, true):
        value = true + generator.normal()
        return Estimate("mean", value, N, value - 1.959964, value + 1.959964)

    assert at_most(share(Verdict.SUPPORTED, AtLeast(5.0), lambda g: draw(g, 5.0)), RUNS, 0.025)
    assert at_most(share(Verdict.REFUTED, AtLeast(5.0), lambda g: draw(g, 5.5)), RUNS, 0.01)
