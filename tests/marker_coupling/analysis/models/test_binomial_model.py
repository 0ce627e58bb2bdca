import numpy as np
import pytest
from scipy import special, stats

from marker_coupling.analysis.data.arrays import AnalysisError
from marker_coupling.analysis.data.categories import categories_of
from marker_coupling.analysis.models.binomial_model import fit_binomial_model

from ..reference import SEEDS, R, by_persona_and_seed

HITS, SAMPLES = by_persona_and_seed("hits"), by_persona_and_seed("samples")
CATEGORIES = by_persona_and_seed("category")[:, 0]
DESIGN = np.stack(
    [
        np.ones(HITS.shape),
        by_persona_and_seed("x"),
        *(by_persona_and_seed("seed") == s for s in range(1, SEEDS)),
    ],
    axis=-1,
)


def test_agrees_with_lme4():
    expected = R["glmer"]
    found = fit_binomial_model(HITS, SAMPLES, DESIGN, categories_of(list(CATEGORIES), len(CATEGORIES)))
    assert found.coefficients == pytest.approx(expected["coefficients"], abs=2e-4)
    assert found.standard_errors == pytest.approx(expected["standard_errors"], abs=5e-4)
    assert [found.category, found.persona, found.cell] == pytest.approx(
        expected["standard_deviations"], abs=2e-4
    )
    assert found.log_likelihood == pytest.approx(expected["log_likelihood"], abs=2e-4)


def test_order_and_labels_do_not_matter_and_categories_may_differ_in_size():
    uneven = np.repeat(np.arange(9), [1, 2, 3, 4, 5, 6, 7, 8, 12])
    order = np.random.default_rng(0).permutation(uneven.size)
    found = fit_binomial_model(HITS, SAMPLES, DESIGN[..., :2], categories_of(list(uneven), uneven.size))
    again = fit_binomial_model(
        HITS[order],
        SAMPLES[order],
        DESIGN[order][..., :2],
        categories_of([f"c{k}" for k in uneven[order]], uneven.size),
    )
    assert again.coefficients == pytest.approx(found.coefficients, abs=2e-3)
    assert again.log_likelihood == pytest.approx(found.log_likelihood, abs=1e-5)


def test_laplace_is_close_to_the_exact_likelihood():
    """One cell a persona and no categories: the random effects are one, which can be integrated on a grid."""
    generator = np.random.default_rng(0)
    x = generator.normal(size=60)
    hits = generator.binomial(200, special.expit(-0.5 + 0.8 * x + 0.7 * generator.normal(size=60)))
    design = np.stack([np.ones(60), x], axis=-1)[:, None]
    found = fit_binomial_model(hits[:, None], np.full((60, 1), 200), design, categories_of(None, 60))
    spread = np.sqrt(found.category**2 + found.persona**2 + found.cell**2)
    effect = np.linspace(-6, 6, 6001)
    rate = special.expit((design[:, 0] @ found.coefficients)[:, None] + effect)
    density = stats.binom.pmf(hits[:, None], 200, rate) * stats.norm.pdf(effect, scale=spread)
    exact = np.log(np.trapezoid(density, effect, axis=1)).sum()
    assert found.log_likelihood == pytest.approx(exact, abs=0.1)
    assert found.coefficients[1] == pytest.approx(0.8, abs=0.4)


def test_two_peaks_of_rates_are_no_obstacle():
    generator = np.random.default_rng(0)
    rate = np.where(generator.random(size=(40, 3)) < 0.5, 0.03, 0.98)
    hits = generator.binomial(100, rate).astype(float)
    found = fit_binomial_model(hits, 100, np.ones((40, 3, 1)), categories_of(list(np.arange(40) // 2), 40))
    assert np.isfinite(found.standard_errors).all()
    assert found.cell == pytest.approx(np.std(special.logit(rate)), rel=0.2)


def test_all_or_none_in_every_cell_has_no_maximum():
    hits = np.where(np.random.default_rng(0).random(size=(40, 3)) < 0.5, 0.0, 100.0)
    with pytest.raises(AnalysisError, match="expected a maximum"):
        fit_binomial_model(hits, 100, np.ones((40, 3, 1)), categories_of(list(np.arange(40) // 2), 40))


def test_dependent_columns_are_refused():
    with pytest.raises(AnalysisError, match="linearly independent"):
        fit_binomial_model(HITS, SAMPLES, DESIGN[..., [0, 0]], categories_of(None, len(HITS)))
    with pytest.raises(AnalysisError, match="hits <= samples"):
        fit_binomial_model(HITS, 3, DESIGN, categories_of(None, len(HITS)))


def test_separated_counts_have_no_maximum():
    generator = np.random.default_rng(0)
    categories, ones = categories_of(list(np.arange(24) // 2), 24), np.ones((24, 3))
    x = generator.normal(size=(24, 1)).repeat(3, 1)
    with pytest.raises(AnalysisError, match="fixed effects tell hits from misses"):
        fit_binomial_model(np.where(x > 0, 20, 0), 20, np.stack([ones, x], -1), categories)
    hits = generator.binomial(20, 0.4, size=(24, 3))
    hits[:, 1] = 20  # a seed at the ceiling
    seeds = np.broadcast_to(np.eye(3)[None, :, 1:], (24, 3, 2))
    with pytest.raises(AnalysisError, match="fixed effects tell hits from misses"):
        fit_binomial_model(hits, 20, np.concatenate([ones[..., None], seeds], -1), categories)
    with pytest.raises(AnalysisError, match="fixed effects tell hits from misses"):
        fit_binomial_model(np.zeros((24, 3)), 20, ones[..., None], categories)
