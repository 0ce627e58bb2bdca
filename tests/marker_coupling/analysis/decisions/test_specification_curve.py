import itertools

import numpy as np
import pytest
from scipy import stats

from marker_coupling.analysis.data.arrays import AnalysisError
from marker_coupling.analysis.data.categories import categories_of
from marker_coupling.analysis.decisions.specification_curve import Specification, specification_curve


def curve_of(seed, effect, n=60, permutations=199, direction=-1):
    generator = np.random.default_rng(seed)
    categories = categories_of(list(np.arange(n) // 2), n)
    x, z = generator.normal(size=(2, n))
    y = effect * x + generator.normal(size=n)
    specifications = [
        Specification(
            {"layers": layers, "outcome": outcome, "covariates": covariates},
            x + 0.3 * generator.normal(size=n),
            y + 0.3 * generator.normal(size=n),
            z[:, None] if covariates == "words" else np.empty((n, 0)),
        )
        for layers, outcome, covariates in itertools.product(
            ("upper", "last"), ("free", "forced"), ("words", "none")
        )
    ]
    return specification_curve(specifications, categories, direction, permutations=permutations, seed=seed)


def test_an_effect_is_found_by_all_three_tests():
    curve = curve_of(0, -0.7)
    assert (curve.median.p, curve.significant.p, curve.stouffer.p) == (0.005, 0.005, 0.005)
    assert curve.median.value == pytest.approx(np.median(curve.r))
    assert curve.significant.value == 1.0
    assert (np.diff(curve.r) >= 0).all()  # the strongest in the claimed direction first
    assert (curve.low < curve.r).all()
    assert (curve.r < curve.high).all()
    assert {choice["layers"] for choice in curve.choices} == {"upper", "last"}


def test_summaries_by_their_definitions():
    curve = curve_of(1, -0.2)
    z = stats.norm.isf(curve.p / 2) * np.sign(-curve.r)
    assert curve.stouffer.value == pytest.approx(z.sum() / np.sqrt(8))
    assert curve.significant.value == pytest.approx(np.mean((curve.p < 0.05) & (curve.r < 0)))
    turned = curve_of(1, -0.2, direction=1)
    assert turned.stouffer.value == pytest.approx(-curve.stouffer.value)
    assert turned.median.value == pytest.approx(curve.median.value)
    assert turned.median.p == pytest.approx(1 - curve.median.p, abs=0.02)


def test_where_nothing_is_related_p_is_uniform_though_specifications_share_it_all():
    p = np.array(
        [
            (c.median.p, c.stouffer.p)
            for c in (curve_of(seed, 0.0, n=40, permutations=39) for seed in range(120))
        ]
    )
    for column in p.T:
        assert np.mean(column <= 0.25) == pytest.approx(0.25, abs=4 * np.sqrt(0.25 * 0.75 / 120))
    expected = curve_of(3, 0.0, permutations=499)
    assert expected.median.expected == pytest.approx(0, abs=0.03)
    assert expected.significant.expected == pytest.approx(0.025, abs=0.02)


def test_specifications_that_do_not_fit_are_named():
    categories = categories_of(None, 20)
    x, y = np.random.default_rng(0).normal(size=(2, 20))
    none = np.empty((20, 0))
    with pytest.raises(AnalysisError, match="layers: last: variables"):
        specification_curve([Specification({"layers": "last"}, np.ones(20), y, none)], categories, -1)
    with pytest.raises(AnalysisError, match="same kinds"):
        specification_curve(
            [Specification({"layers": "last"}, x, y, none), Specification({"panel": "a"}, x, y, none)],
            categories,
            -1,
        )
    with pytest.raises(AnalysisError, match="direction"):
        specification_curve([], categories, -1)
