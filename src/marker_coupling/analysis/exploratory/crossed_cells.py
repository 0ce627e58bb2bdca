r"""Partial correlation over cells in which sources and prompts are crossed, on several base models at once.

Each adapter (source persona and seed) is asked under a few other personas' prompts. Whatever is common to an
adapter's cells, and in a seed to a prompt's cells, is taken out of outcome and predictor by least squares, so
that what is left, e and w (of length 1), says which *pair* is higher than its adapter and its prompt. The
correlation :math:`r = \sum w e` is that of ordinary least squares with both as fixed effects.

**Interval.** A persona is source of some cells and prompt of others, so that two cells are dependent if they
share a category on either side. With the influence :math:`u` of each cell on Fisher's z (see
:mod:`.permutation_test`), g and h categories, the variance is that of dyadic clusters (Aronow, Samii and
Assenova 2015, doi:10.1093/pan/mpv018),

.. math:: SE^2 = f \left[ \sum_g \Big( \sum_{c \ni g} u_c \Big)^2 - \sum_{g < h} \Big( \sum_{c \in gh} u_c
          \Big)^2 \right],

where the second sum takes away what the first counts twice, and f is the number of cells over the residual
degrees of freedom. It is at least the part within pairs. Student's t has one degree of freedom less than
there are categories.

**Test.** Personas cannot be relabelled: of all pairs only the drawn ones have a cosine. Instead every
category gets a random sign, and a residual that of its source times that of its prompt, the same in all seeds
and base models; residuals are then taken again. Effects of the form :math:`a_i' b_j`, to which every doubly
centred similarity belongs, keep their distribution if a or b is symmetric, and so does symmetric noise. The
statistic is z over its error, so that skewed residuals matter less. As the signs fall on residuals, not on
errors, the test rejects a little too often (6.4% of 2,600 simulated null studies at a nominal 5%), and
Student's t a little too seldom (4%): both have to reject, so that p is the larger of the two.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse, special

from marker_coupling.analysis.correlations.joint_correlation import LARGEST_R, fisher_z
from marker_coupling.analysis.data.arrays import AnalysisError, FloatArray, IntArray, numbers
from marker_coupling.analysis.data.categories import Categories

#: Singular values below this share of the largest are rounding error.
_ROUNDING = 1e-9
_TIES = 1e-9
#: Sign draws at once, for memory.
_BLOCK = 250


@dataclass(frozen=True, eq=False)
class CrossedCells:
    """Residuals of the cells of one base model.

    Parameters
    ----------
    outcome, predictor : (S, N, B) residuals of length 1, by seed, source and drawn prompt
    prompt : (S, N, B) index of the persona whose prompt it was
    bases : for each seed an orthonormal basis (N * B, k) of what prompts explain within adapters
    slope : of the outcome on the predictor, in their units
    degrees_of_freedom : cells less adapters and prompts
    """

    outcome: FloatArray
    predictor: FloatArray
    prompt: IntArray
    bases: tuple[FloatArray, ...]
    slope: float
    degrees_of_freedom: int

    @property
    def r(self) -> float:
        """Partial correlation of outcome and predictor."""
        return float((self.outcome * self.predictor).sum())


@dataclass(frozen=True)
class CrossedCorrelation:
    """Mean Fisher z over base models, with error, interval and test.

    Parameters
    ----------
    r, low, high : correlation with its 95% interval
    z, standard_error : on Fisher's scale
    p_signs, p_t : two-sided, by random signs and by Student's t
    """

    r: float
    low: float
    high: float
    z: float
    standard_error: float
    p_signs: float
    p_t: float

    @property
    def p(self) -> float:
        """The larger p: both tests have to reject."""
        return max(self.p_signs, self.p_t)


def crossed_cells(outcome: FloatArray, predictor: FloatArray, prompt: IntArray) -> CrossedCells:
    """Take adapters and prompts out of outcome and predictor.

    Parameters
    ----------
    outcome, predictor : (N, S, B) by source, seed and drawn prompt
    prompt : (N, S, B) index of the persona whose prompt it was

    Raises
    ------
    AnalysisError
        Other shapes, too few prompts, or nothing left of outcome or predictor.
    """
    shape = np.shape(prompt)
    # (S, N, B), as seeds are separate.
    y, x = (
        numbers(name, values, shape).swapaxes(0, 1)
        for name, values in (("outcome", outcome), ("predictor", predictor))
    )
    prompts = np.asarray(prompt).swapaxes(0, 1)
    bases = tuple(_prompt_basis(of_seed) for of_seed in prompts)
    degrees = y.size - y.shape[0] * y.shape[1] - sum(basis.shape[1] for basis in bases)
    if degrees < 2:
        raise AnalysisError(f"prompts: expected at least two for each adapter, got {shape[-1]}")
    residuals = [_residualise(values[None], bases)[0] for values in (y, x)]
    lengths = [float(np.linalg.norm(residual)) for residual in residuals]
    for name, values, length in (("outcome", y, lengths[0]), ("predictor", x, lengths[1])):
        if length <= _ROUNDING * float(np.linalg.norm(values - values.mean())):
            raise AnalysisError(f"{name}: expected more than effects of adapters and of prompts")
    (e, w), (of_y, of_x) = (residuals[0] / lengths[0], residuals[1] / lengths[1]), lengths
    return CrossedCells(e, w, prompts, bases, float((e * w).sum()) * of_y / of_x, degrees)


def crossed_correlation(
    cells: Sequence[CrossedCells], categories: Categories, *, draws: int = 1999, seed: int = 0
) -> CrossedCorrelation:
    """Average the correlations of base models that share personas, and test the average.

    Parameters
    ----------
    cells : of each base model
    categories : of the personas
    draws, seed : of the random signs

    Raises
    ------
    AnalysisError
        No base model, or fewer than three categories.
    """
    if not cells or categories.count < 3:
        raise AnalysisError("cells: expected at least one base model and three categories of personas")
    clusters = _Dyads.of(cells, categories)
    z, error = (
        float(value[0]) for value in _statistics([each.outcome[None] for each in cells], cells, clusters)
    )
    generator = np.random.default_rng(seed)
    as_far = 0
    for start in range(0, draws, _BLOCK):
        signs = generator.choice([-1.0, 1.0], (min(_BLOCK, draws - start), categories.count))
        flipped = [
            _residualise(_signs_of_cells(signs, each, categories) * each.outcome, each.bases)
            for each in cells
        ]
        z_drawn, error_drawn = _statistics(flipped, cells, clusters)
        as_far += int(np.count_nonzero(np.abs(z_drawn / error_drawn) >= abs(z / error) - _TIES))
    degrees = categories.count - 1
    half = float(special.stdtrit(degrees, 0.975)) * error
    return CrossedCorrelation(
        r=float(np.tanh(z)),
        low=float(np.tanh(z - half)),
        high=float(np.tanh(z + half)),
        z=z,
        standard_error=error,
        p_signs=(as_far + 1) / (draws + 1),
        p_t=float(2 * special.stdtr(degrees, -abs(z / error))),
    )


def _prompt_basis(prompts: IntArray) -> FloatArray:
    """Orthonormal basis of the prompts' indicators less their means over adapters, from (N, B)."""
    personas, asked = prompts.shape
    indicators = (prompts[..., None] == np.unique(prompts)).astype(np.float64)
    centred = (indicators - indicators.mean(axis=1, keepdims=True)).reshape(personas * asked, -1)
    left, singular, _ = np.linalg.svd(centred, full_matrices=False)
    kept: FloatArray = left[:, singular > _ROUNDING * max(1.0, singular.max())]
    return kept


def _residualise(values: FloatArray, bases: Sequence[FloatArray]) -> FloatArray:
    """Residuals given adapters and prompts, (P, S, N, B)."""
    centred = values - values.mean(axis=-1, keepdims=True)
    residuals = np.empty(values.shape)
    for index, basis in enumerate(bases):
        flat = centred[:, index].reshape(len(values), -1)
        residuals[:, index] = (flat - (flat @ basis) @ basis.T).reshape(len(values), *values.shape[2:])
    return residuals


def _signs_of_cells(signs: FloatArray, cells: CrossedCells, categories: Categories) -> FloatArray:
    """Sign of each cell, (P, S, N, B), from those of categories, (P, G)."""
    of_personas = signs[:, categories.codes]
    by_cell: FloatArray = of_personas[:, None, :, None] * of_personas[:, cells.prompt]
    return by_cell


@dataclass(frozen=True, eq=False)
class _Dyads:
    """Cells of all base models, one after another, by category and by pair of categories.

    ``touching`` (cells, G) and ``pairs`` (cells, K) hold 1 where a cell belongs; a cell within one category
    belongs to no pair.
    """

    touching: sparse.csr_array
    pairs: sparse.csr_array
    factor: float

    @classmethod
    def of(cls, cells: Sequence[CrossedCells], categories: Categories) -> _Dyads:
        count = categories.count
        source = np.concatenate(
            [np.broadcast_to(categories.codes[None, :, None], each.prompt.shape).ravel() for each in cells]
        )
        prompt = np.concatenate([categories.codes[each.prompt].ravel() for each in cells])
        rows, apart = np.arange(source.size), source != prompt
        touching = sparse.csr_array(
            (
                np.ones(source.size + apart.sum()),
                (np.concatenate([rows, rows[apart]]), np.concatenate([source, prompt[apart]])),
            ),
            shape=(source.size, count),
        )
        key = np.minimum(source, prompt) * count + np.maximum(source, prompt)
        pair = np.unique(key[apart], return_inverse=True)[1]
        pairs = sparse.csr_array(
            (np.ones(pair.size), (rows[apart], pair)), shape=(source.size, int(pair.max(initial=-1)) + 1)
        )
        degrees = sum(each.degrees_of_freedom for each in cells)
        return cls(touching, pairs, source.size / degrees)

    def error(self, influence: FloatArray) -> FloatArray:
        """Return the standard error, (P,), from influences, (P, cells)."""
        within_pairs = np.square(influence @ self.pairs).sum(axis=1)
        dyadic = np.square(influence @ self.touching).sum(axis=1) - within_pairs
        error: FloatArray = np.sqrt(self.factor * np.maximum(dyadic, within_pairs))
        return error


def _statistics(
    outcomes: Sequence[FloatArray], cells: Sequence[CrossedCells], clusters: _Dyads
) -> tuple[FloatArray, FloatArray]:
    """Mean Fisher z and its error, (P,) each, of outcomes (P, S, N, B) of every base model."""
    mean_z: FloatArray = np.zeros(len(outcomes[0]))
    influences = []
    for outcome, of_model in zip(outcomes, cells, strict=True):
        e = outcome.reshape(len(outcome), -1)
        e = e / np.linalg.norm(e, axis=1, keepdims=True)
        w = of_model.predictor.ravel()
        r = np.clip(e @ w, -LARGEST_R, LARGEST_R)[:, None]
        mean_z += fisher_z(r[:, 0]) / len(cells)
        influences.append((w * e - r * (w**2 + e**2) / 2) / (1 - r**2) / len(cells))
    return mean_z, clusters.error(np.concatenate(influences, axis=1))
