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
    Negligible,
    Outlier,
    RateEquivalence,
    Separation,
    Verdict,
    WithinRounding,
)
from pytest_claims.statistics import (
    attainable_correlations,
    compare_dependent,
    mantel,
    mean_of,
    outlier,
    partial_pearson,
    pearson,
    permutation_pearson,
    permutation_spearman,
    printed_against_attainable,
    rank_separation,
    rate_difference,
    rate_heterogeneity,
    row_correlations,
    simultaneous_rates,
    spearman,
    with_resampling,
)
from pytest_claims.statistics.arithmetic.coefficient import p_of_r

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
        return Estimate("mean", value, N, ci_low=value - 1.959964, ci_high=value + 1.959964)

    assert at_most(share(Verdict.SUPPORTED, AtLeast(5.0), lambda g: draw(g, 5.0)), RUNS, 0.025)
    assert at_most(share(Verdict.REFUTED, AtLeast(5.0), lambda g: draw(g, 5.5)), RUNS, 0.01)


@pytest.mark.parametrize(("rate", "supported", "refuted"), [(0.45, 0.025, 1), (0.3, 1, 0.01)])
def test_negligible(rate, supported, refuted):
    """A difference at the margin is supported no more often than the level; one of nothing never refuted."""

    def draw(generator):
        return rate_difference(generator.binomial(200, rate), 200, generator.binomial(1000, 0.3), 1000)

    rule = Negligible(0.15)
    # Newcombe's interval covers 95% on average over rates, a little less at some.
    assert at_most(share(Verdict.SUPPORTED, rule, draw), RUNS, min(1, supported + 0.01))
    assert at_most(share(Verdict.REFUTED, rule, draw), RUNS, refuted)


def test_at_least_where_the_mean_is_at_the_bound():
    found = share(Verdict.SUPPORTED, AtLeast(0.0), lambda g: mean_of(g.normal(size=N)))
    assert at_most(found, RUNS, 0.025), found


def test_rank_correlation_under_no_effect_exactly():
    """All 10! pairings of ten ranks: exact p-values keep the promise, Student's t breaks it by a little."""
    shares = dict(_rank_distribution(N))
    beyond = {
        rho: sum(part for other, part in shares.items() if abs(other) >= abs(rho) - 1e-9) for rho in shares
    }
    exact = sum(part for rho, part in shares.items() if rho < 0 and beyond[rho] < 0.05)
    by_t = sum(part for rho, part in shares.items() if rho < 0 and p_of_r(rho, N - 2) < 0.05)
    assert 0.02 < exact <= 0.025 < by_t < 0.0275
    found = permutation_spearman(range(N), [1, 0, 2, 5, 3, 9, 4, 6, 8, 7])
    assert found.p_value == next(
        pytest.approx(part) for rho, part in beyond.items() if abs(rho - found.value) < 1e-9
    )


def _rank_distribution(n):
    """Share of pairings of n ranks at each rho, by dynamic programming over which ranks are taken.

    An independent count: sums of rank products are collected over subsets, with no pairing written out.
    """
    ways = {0: {0: 1}}
    for row in range(n):
        grown = {}
        for taken, sums in ways.items():
            for column in range(n):
                if not taken >> column & 1:
                    target = grown.setdefault(taken | 1 << column, {})
                    for total, count in sums.items():
                        target[total + row * column] = target.get(total + row * column, 0) + count
        ways = grown
    (sums,) = ways.values()
    mean, variance = n * ((n - 1) / 2) ** 2, n * (n * n - 1) / 12
    for total, count in sums.items():
        yield (total - mean) / variance, count / sum(sums.values())


@pytest.mark.parametrize(
    ("strength", "between"),
    [(0.0, 0.0), (0.0, 0.7), (0.0, -0.7), (0.3, -0.5), (0.6, 0.5), (0.6, 0.0), (0.6, -0.2)],
)
def test_dependent_correlations_where_both_are_equally_strong(strength, between):
    covariance = np.array([[1, between, strength], [between, 1, strength], [strength, strength, 1]])
    root = np.linalg.cholesky(covariance)
    rule = DependentCorrelations("first", "second")
    found = share(Verdict.SUPPORTED, rule, lambda g: compare_dependent(*root @ g.normal(size=(3, N))))
    assert at_most(found, RUNS, 0.025), found


def test_rounding_is_no_refutation():
    """A table and its statistic, both printed as they are, then one that is off by a tenth."""

    def draw(generator, error):
        x, y = bivariate(generator, -0.66, 8)
        reach = attainable_correlations(np.round(x, 2), np.round(y, 2), 0.005, 0.005)
        printed = round(pearson(x, y).value + error, 2)
        return printed_against_attainable("r", printed, 0.005, reach.r_inner, reach.r_outer, 8)

    assert share(Verdict.REFUTED, WithinRounding(), lambda g: draw(g, 0.0), 100) == 0
    assert share(Verdict.SUPPORTED, WithinRounding(), lambda g: draw(g, 0.0), 100) > 95
    assert share(Verdict.REFUTED, WithinRounding(), lambda g: draw(g, 0.1), 100) > 90


@pytest.mark.parametrize("noise", [0.3, 1.0])
def test_measurement_noise_does_not_make_effects(noise):
    """Each unit's score is the mean of five noisy wordings, which are resampled; the rate is unrelated."""

    def draw(generator):
        true, rate = generator.normal(size=(2, N))
        wordings = true + noise * generator.normal(size=(5, N))
        resampled = wordings[generator.integers(5, size=(100, 5))].mean(axis=1)
        return with_resampling(pearson(wordings.mean(axis=0), rate), row_correlations(resampled, rate))

    assert at_most(share(Verdict.SUPPORTED, Correlation("negative"), draw, 1500), 1500, 0.025)


def test_rules_also_say_supported():
    """A rule that never decided would err in nothing: where the effect is as claimed, each finds it often."""

    def separated(generator):
        score = np.linspace(-1, 1, N)
        return rank_separation(
            score, 0.2 * generator.normal(size=N) - score, k=5, which="highest", sign="negative"
        )

    def first_outlies(generator):
        x, y = generator.normal(size=(2, N))
        y[0] += 12
        return outlier(LABELS, x, y)

    def first_predicts(generator):
        first, second, noise = generator.normal(size=(3, N))
        return compare_dependent(first, second, first + 0.2 * noise)

    def at_target(generator):
        return simultaneous_rates(("a", "b"), generator.binomial(200, 1 / 3, 2), np.full(2, 200))

    for rule, draw in (
        (Separation(), separated),
        (Outlier(LABELS[0]), first_outlies),
        (DependentCorrelations("first", "second"), first_predicts),
        (RateEquivalence(1 / 3, margin=0.15), at_target),
        (LooselyRelated(0.7), lambda g: pearson(*bivariate(g, 0.0, 30))),
        (Correlation("positive"), lambda g: pearson(*bivariate(g, 0.9))),
    ):
        assert share(Verdict.SUPPORTED, rule, draw, 300) > 150, rule
