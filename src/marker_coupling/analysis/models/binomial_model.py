r"""Binomial mixed model of counts, with nested effects of category, persona and cell.

.. math:: h_{is} \sim Bin(n_{is}, p_{is}), \qquad
          logit\, p_{is} = x_{is}' \beta + u_{c(i)} + v_i + w_{is}

with independent normal effects. The likelihood is by Laplace's approximation, as lme4's glmer has it (Bates,
Maechler, Bolker and Walker 2015, doi:10.18637/jss.v067.i01; nAGQ = 1). Categories are independent, so that
the mode of the effects is found in all of them at once by Newton's method in the form of Rasmussen and
Williams (2006, Gaussian Processes for Machine Learning, algorithm 3.1), which stands a variance of 0.

statsmodels' ``BinomialBayesMixedGLM`` takes no counts, only single trials, and approximates variationally.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize, special

from marker_coupling.analysis.data.arrays import AnalysisError, FloatArray, counts, numbers
from marker_coupling.analysis.data.categories import Categories
from marker_coupling.analysis.models.separation import is_separated

_NEWTON_STEPS = 100
_HALVINGS = 12
_HESSIAN_STEP = 1e-3


@dataclass(frozen=True, eq=False)
class BinomialModel:
    """A fitted binomial mixed model.

    Parameters
    ----------
    coefficients, standard_errors : (p,) fixed effects on the log-odds
    category, persona, cell : standard deviations of the random effects
    log_likelihood : by Laplace's approximation, with the binomial coefficients
    """

    coefficients: FloatArray
    standard_errors: FloatArray
    category: float
    persona: float
    cell: float
    log_likelihood: float


def fit_binomial_model(
    hits: ArrayLike, samples: ArrayLike, design: ArrayLike, categories: Categories
) -> BinomialModel:
    """Fit by maximum likelihood.

    Parameters
    ----------
    hits, samples : (N, S) by persona and seed
    design : (N, S, p) fixed effects, intercept included; best of comparable scales
    categories : of the N personas

    Raises
    ------
    AnalysisError
        Arrays that do not fit together, fixed effects that are linearly dependent, or no maximum.
    """
    hit, sample = counts("cells", hits, samples, (categories.codes.size, None))
    x = numbers("design", design, (*hit.shape, None))
    flat = x.reshape(-1, x.shape[-1])
    if np.linalg.matrix_rank(flat) < flat.shape[1]:
        raise AnalysisError("design: expected linearly independent columns")
    if is_separated(flat, hit.ravel() > 0, (hit < sample).ravel()):
        raise AnalysisError("binomial model: expected a maximum: fixed effects tell hits from misses")
    likelihood = _Laplace(hit, sample, x, categories)
    logit = np.log((hit + 0.5) / (sample - hit + 0.5)).ravel()
    start = np.concatenate([np.linalg.lstsq(flat, logit, rcond=None)[0], [0.5, 0.5, 0.5]])
    optimum = optimize.minimize(
        likelihood.negative, start, method="BFGS", jac="3-point", options={"gtol": 1e-4}
    )
    # A line search that stops by rounding reports failure too: the slope decides.
    if not np.isfinite(optimum.fun) or np.abs(optimum.jac).max() > 0.05:
        raise AnalysisError(f"binomial model: expected a maximum of the likelihood: {optimum.message}")
    covariance = np.linalg.pinv(_hessian(likelihood.negative, optimum.x))
    p = flat.shape[1]
    with np.errstate(invalid="ignore"):
        errors = np.sqrt(np.diag(covariance)[:p])
    if not np.isfinite(errors).all():
        raise AnalysisError("binomial model: expected a maximum of the likelihood, got a saddle")
    category, persona, cell = (float(deviation) for deviation in np.abs(optimum.x[p:]))
    return BinomialModel(optimum.x[:p], errors, category, persona, cell, -float(optimum.fun))


class _Laplace:
    """Negative log-likelihood; warm-starts each search for the mode from the last one.

    Cells of a category lie along the second axis, padded with cells of no samples.
    """

    def __init__(
        self, hits: FloatArray, samples: FloatArray, design: FloatArray, categories: Categories
    ) -> None:
        seeds = hits.shape[1]
        width = int(categories.sizes.max())
        row = np.empty(categories.codes.size, dtype=np.int64)
        row[categories.order] = np.arange(row.size) - np.repeat(categories.starts, categories.sizes)

        def pad(values: FloatArray) -> FloatArray:
            padded = np.zeros((categories.count, width, *values.shape[1:]))
            padded[categories.codes, row] = values
            return padded.reshape(categories.count, width * seeds, *values.shape[2:])

        self.hits, self.samples, self.design = pad(hits), pad(samples), pad(design)
        self.same_persona = np.kron(np.eye(width), np.ones((seeds, seeds)))
        self.constant = float(
            np.sum(
                special.gammaln(samples + 1) - special.gammaln(hits + 1) - special.gammaln(samples - hits + 1)
            )
        )
        self.weights = np.zeros(self.hits.shape)  # a, of which covariance @ a is the mode

    def negative(self, parameters: FloatArray) -> float:
        """Return minus the log-likelihood at (fixed effects, standard deviations)."""
        p = self.design.shape[-1]
        category, persona, cell = parameters[p:]
        cells = self.same_persona.shape[0]
        covariance = category**2 + persona**2 * self.same_persona + cell**2 * np.eye(cells)
        fixed = self.design @ parameters[:p]
        weights, value = self._start(covariance, fixed)
        for _ in range(_NEWTON_STEPS):
            proposed = self._newton(covariance, fixed, weights)
            step, improved = 1.0, np.zeros(len(fixed), dtype=bool)
            new_weights, new_value = weights, value
            for _ in range(_HALVINGS):
                trial = weights + step * (proposed - weights)
                trial_value = self._objective(covariance, fixed, trial)
                better = ~improved & (trial_value >= value)
                new_weights = np.where(better[:, None], trial, new_weights)
                new_value = np.where(better, trial_value, new_value)
                improved |= better
                if improved.all():
                    break
                step /= 2
            gain = float(np.max(new_value - value))
            weights, value = new_weights, new_value
            if gain < 1e-10:
                break
        self.weights = weights
        root = np.sqrt(self._curvature(covariance, fixed, weights))
        inner = np.eye(cells) + root[:, :, None] * covariance * root[:, None, :]
        log_determinant = 2 * np.log(np.diagonal(np.linalg.cholesky(inner), axis1=1, axis2=2)).sum()
        return -float(value.sum() - log_determinant / 2 + self.constant)

    def _start(self, covariance: FloatArray, fixed: FloatArray) -> tuple[FloatArray, FloatArray]:
        kept, zero = self._objective(covariance, fixed, self.weights), np.zeros_like(self.weights)
        fresh = self._objective(covariance, fixed, zero)
        better = kept >= fresh
        return np.where(better[:, None], self.weights, zero), np.where(better, kept, fresh)

    def _objective(self, covariance: FloatArray, fixed: FloatArray, weights: FloatArray) -> FloatArray:
        effect = weights @ covariance
        log_odds = fixed + effect
        likelihood = self.hits * log_odds - self.samples * np.logaddexp(0, log_odds)
        objective: FloatArray = (likelihood - weights * effect / 2).sum(axis=1)
        return objective

    def _curvature(self, covariance: FloatArray, fixed: FloatArray, weights: FloatArray) -> FloatArray:
        rate = special.expit(fixed + weights @ covariance)
        return self.samples * rate * (1 - rate)

    def _newton(self, covariance: FloatArray, fixed: FloatArray, weights: FloatArray) -> FloatArray:
        effect = weights @ covariance
        rate = special.expit(fixed + effect)
        curvature = self.samples * rate * (1 - rate)
        root = np.sqrt(curvature)
        target = curvature * effect + self.hits - self.samples * rate
        inner = np.eye(covariance.shape[0]) + root[:, :, None] * covariance * root[:, None, :]
        solved = np.linalg.solve(inner, (root * (target @ covariance))[..., None])[..., 0]
        proposed: FloatArray = target - root * solved
        return proposed


def _hessian(function: Callable[[FloatArray], float], point: FloatArray) -> FloatArray:
    """Matrix of second derivatives by central differences."""
    size = point.size
    steps = _HESSIAN_STEP * np.maximum(1, np.abs(point)) * np.eye(size)
    hessian = np.empty((size, size))
    for i in range(size):
        for j in range(i + 1):
            corners = [
                sign * other * function(point + sign * steps[i] + other * steps[j])
                for sign in (1, -1)
                for other in (1, -1)
            ]
            hessian[i, j] = hessian[j, i] = sum(corners) / (4 * steps[i, i] * steps[j, j])
    return hessian
