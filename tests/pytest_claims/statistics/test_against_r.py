"""Estimates held against R 4.2.2; each test names the call that printed its numbers, for the columns x, y and z."""

import numpy as np
import pytest

from pytest_claims.statistics import (
    clopper_pearson,
    mean_of,
    partial_pearson,
    pearson,
    permutation_spearman,
    rank_separation,
    rate_difference,
    rate_heterogeneity,
    spearman,
    studentised_residuals,
)

X = np.array([2.1, 3.4, 1.2, 5.6, 4.4, 7.7, 6.5, 9.1, 8.3])
Y = np.array([1.0, 2.2, 2.5, 3.1, 0.4, 4.6, 6.2, 5.3, 3.9])
Z = np.array([0.3, 1.9, 2.2, 1.4, 3.8, 2.9, 5.5, 4.1, 6.0])


@pytest.mark.parametrize(
    ("n", "r", "p", "low", "high"),
    [
        (4, 0.56901941146575608, 0.43098058853424392, -0.86525700397522609, 0.98915834301933703),
        (9, 0.72485707231718544, 0.02714747415956293, 0.11711257561093935, 0.93761647526439618),
    ],
)
def test_pearson(n, r, p, low, high):
    """cor.test(x[1:n], y[1:n])."""
    found = pearson(X[:n], Y[:n])
    assert (found.value, found.p_value, found.ci_low, found.ci_high) == pytest.approx(
        (r, p, low, high), rel=1e-12
    )


@pytest.mark.parametrize(
    ("n", "rho", "p"),
    [(4, 0.4, 0.75), (5, 0.1, 0.95), (7, 9 / 14, 0.1388888888888889), (9, 11 / 15, 0.031123236331569666)],
)
def test_spearman_with_few_units(n, rho, p):
    """cor.test(x[1:n], y[1:n], method = "spearman", exact = TRUE)."""
    for estimator in (spearman, permutation_spearman):
        found = estimator(X[:n], Y[:n])
        assert (found.value, found.p_value) == pytest.approx((rho, p), rel=1e-12)


@pytest.mark.parametrize(
    ("n", "p"),
    [
        (4, 0.083333333333333329),
        (5, 0.016666666666666666),
        (7, 0.00039682539682539683),
        (9, 5.5114638447971785e-06),
    ],
)
def test_ranks_in_order(n, p):
    """cor.test(1:n, 1:n, method = "spearman", exact = TRUE)."""
    assert spearman(range(n), range(n)).p_value == pytest.approx(p, rel=1e-9)


@pytest.mark.parametrize(
    ("hits", "samples", "at_95", "at_99_5"),
    [
        (0, 20, (0, 0.16843347098308536), (0, 0.25886555089305308)),
        (1, 20, (0.0012650894979498051, 0.24873276277202772), (0.0001251486791565505, 0.3440325520359484)),
        (19, 20, (0.75126723722797228, 0.99873491050205021), (0.65596744796405237, 0.99987485132084342)),
        (20, 20, (0.83156652901691464, 1), (0.7411344491069477, 1)),
        (67, 100, (0.56882724922243677, 0.76080146537739823), (0.52626391738492651, 0.79431809632870864)),
        (
            1,
            1100,
            (2.3015924206179488e-05, 0.0050546174418019058),
            (2.2755703364481971e-06, 0.007441000964558464),
        ),
        (3, 7, (0.09898827844250789, 0.81594843235991699), (0.043354390866402977, 0.90230392467562126)),
    ],
)
def test_clopper_and_pearson(hits, samples, at_95, at_99_5):
    """binom.test(hits, samples, conf.level = 0.95)$conf.int, and at 0.995."""
    assert clopper_pearson(hits, samples) == pytest.approx(at_95, rel=1e-6)
    assert clopper_pearson(hits, samples, 0.995) == pytest.approx(at_99_5, rel=1e-6)


def test_residuals():
    """rstudent(lm(y ~ x))."""
    expected = [
        -0.46714077117470171, -0.038352461338611102, 1.2676401054937994, -0.18090464645180013, -2.1994816279294955,
        0.13076903572666365, 2.259327153588385, 0.13942059960382255, -0.63628049895904504,
    ]  # fmt: skip
    assert studentised_residuals(X, Y) == pytest.approx(expected, rel=1e-11)


def test_mean():
    """t.test(y)."""
    found = mean_of(Y)
    assert (found.value, found.ci_low, found.ci_high, found.p_value) == pytest.approx(
        (3.2444444444444445, 1.7553739744118477, 4.7335149144770412, 0.0010212480144435733), rel=1e-12
    )


def test_partial_correlation():
    """cor(resid(lm(x ~ z)), resid(lm(y ~ z)))."""
    assert partial_pearson(X, Y, Z).value == pytest.approx(0.54851292966478593, rel=1e-12)


def test_rates_that_differ():
    """chisq.test(cbind(h, s - h)), and uniroot(function(l) pchisq(6.8154, 3, l) - 0.025, c(0, 100))."""
    found = rate_heterogeneity([10, 14, 25, 9], [40, 40, 50, 30])
    assert (found.value, found.p_value) == pytest.approx(
        (6.8154158215010145, 0.078019698508826535), rel=1e-12
    )
    assert found.v_low == 0
    assert found.v_high**2 * 160 == pytest.approx(18.223732558598535, rel=1e-8)


def test_rates_of_the_published_table():
    """uniroot(function(l) pchisq(68.09386313572462, 9, l) - p, c(0, 300)) with p = 0.975 and 0.025."""
    found = rate_heterogeneity([41, 53, 63, 57, 49, 67, 32, 32, 33, 32], [100] * 10)
    assert found.v_low**2 * 1000 == pytest.approx(32.620411069897017, rel=1e-8)
    assert found.v_high**2 * 1000 == pytest.approx(95.370276768902485, rel=1e-8)


def test_separation():
    """phyper(2, 5, 5, 4, lower.tail = FALSE): three or more of the four highest."""
    score = [-1, -1, -1, 1, -1, -1, 1, 1, 1, 1]
    found = rank_separation(score, range(10, 0, -1), k=4, which="highest", sign="negative")
    assert (found.value, found.p_value) == (0.75, pytest.approx(0.26190476190476175, rel=1e-12))


def test_difference_of_rates():
    """fisher.test(matrix(c(30, 70, 250, 750), 2))$p.value."""
    assert rate_difference(30, 100, 250, 1000).p_value == pytest.approx(0.27961752100494908, rel=1e-9)
