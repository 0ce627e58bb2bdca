r"""Partial correlation in the mixed model by category, corrected for error in the covariates.

All moments are of whitened values. With :math:`C` the cross-products of averages and :math:`E` their error
part, the covariates :math:`z` are partialled out of :math:`S = C - E`, the moments of true scores:

.. math:: P = S_{aa} - S_{az} S_{zz}^{-1} S_{za}, \qquad a = (x, y).

A covariate that is measured with error and partialled out as if it were not leaves some of its effect to the
predictor (Westfall and Yarkoni 2016, doi:10.1371/journal.pone.0152719); with :math:`S` it does not (Fuller
1987, section 2.2). With :math:`U` the variances of the same residuals as they are observed, the partial
correlation and what error in predictor and outcome leaves of a correlation of true scores are

.. math:: r = \frac{P_{xy}}{\sqrt{U_x U_y}}, \qquad A = \sqrt{\frac{P_{xx} P_{yy}}{U_x U_y}}, \qquad
          \rho_{true} = r / A.

Where covariates have no error, r is the usual partial correlation and :math:`A^2` the product of the
reliabilities of both residuals, which is less than the product of the reliabilities of x and y.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from marker_coupling.analysis.data.arrays import AnalysisError, FloatArray
from marker_coupling.analysis.data.categories import Categories
from marker_coupling.analysis.data.replicated import Replicated, error_products, exact
from marker_coupling.analysis.models.category_model import shrinkage, variance_ratio, whiten

#: Rounding error of a variance that should be zero, relative to the variance before.
_ROUNDING = 1e-10


@dataclass(frozen=True, eq=False)
class PartialCorrelation:
    """Partial correlation of one base model, with the residuals for the jackknife and permutations.

    Parameters
    ----------
    r : partial correlation of averages
    attenuation : A above; 1 where neither predictor nor outcome has a known error
    without : (G,) r with each category left out
    attenuation_without : (G,) the same of A
    predictor, outcome : (N,) whitened residuals, of length 1
    covariates : (N, k) orthonormal basis of the whitened covariates, intercept included
    degrees_of_freedom : N less covariates, intercept and predictor
    ratio : category variance over residual variance
    errors_known : predictor and outcome are both averages over replicates
    """

    r: float
    attenuation: float
    without: FloatArray
    attenuation_without: FloatArray
    predictor: FloatArray
    outcome: FloatArray
    covariates: FloatArray
    degrees_of_freedom: int
    ratio: float
    errors_known: bool


def partial_correlation(
    predictor: Replicated, outcome: Replicated, covariates: Sequence[Replicated], categories: Categories
) -> PartialCorrelation:
    """Correlate predictor and outcome with covariates and an intercept partialled out.

    Parameters
    ----------
    predictor, outcome : of N personas
    covariates : of the same personas
    categories : of the same personas

    Raises
    ------
    AnalysisError
        Too few categories, covariates that are linearly dependent, or a predictor or outcome that they
        explain.
    """
    n = outcome.values.size
    variables = [predictor, outcome, exact(np.ones(n)), *covariates]
    values = np.column_stack([variable.values for variable in variables])
    degrees = n - values.shape[1]
    if categories.count < 4 or degrees < 2:
        raise AnalysisError(
            f"personas: expected at least 4 categories and {values.shape[1] + 2} personas, "
            f"got {categories.count} and {n}"
        )
    # Scale and shift change nothing but rounding.
    columns = [0, 1, *range(3, values.shape[1])]
    largest = np.abs(values).max(axis=0)
    values[:, columns] -= values[:, columns].mean(axis=0)
    scale = np.sqrt(np.mean(values**2, axis=0))
    if (scale <= 1e-12 * largest).any():
        raise AnalysisError("variables: expected values that differ between personas, got a constant")
    values /= scale
    _check_independence(values)
    ratio = variance_ratio(values[:, 1], values[:, [2, 0, *range(3, values.shape[1])]], categories)
    whitened = whiten(values, categories, ratio)
    weight = (
        1 - shrinkage(categories.sizes, ratio) * (2 - shrinkage(categories.sizes, ratio)) / categories.sizes
    )
    errors = error_products(variables) / np.outer(scale, scale)
    error_sums = weight[:, None, None] * categories.sums(errors)
    product_sums = categories.sums(whitened[:, :, None] * whitened[:, None, :])
    products, error = product_sums.sum(axis=0), error_sums.sum(axis=0)
    remaining = products - product_sums
    if np.linalg.eigvalsh(remaining)[:, 0].min() < _ROUNDING * n:
        raise AnalysisError("variables: expected none that depends on one category alone")
    r, attenuation, slopes = _partial(products, error, degrees)
    without, attenuation_without, _ = _partial(remaining, error - error_sums, degrees)
    residuals = whitened[:, :2] - whitened[:, 2:] @ slopes
    residuals /= np.linalg.norm(residuals, axis=0)
    return PartialCorrelation(
        r=float(r),
        attenuation=float(attenuation),
        without=without,
        attenuation_without=attenuation_without,
        predictor=residuals[:, 0],
        outcome=residuals[:, 1],
        covariates=np.linalg.qr(whitened[:, 2:])[0],
        degrees_of_freedom=degrees,
        ratio=ratio,
        errors_known=predictor.is_replicated and outcome.is_replicated,
    )


def _check_independence(values: FloatArray) -> None:
    """Refuse linearly dependent columns: the covariates, or these with predictor or outcome."""
    products = values.T @ values / len(values)
    covariates = list(range(2, values.shape[1]))
    explained = "more than a linear function of the covariates"
    for names, columns, expected in (
        ("covariates", covariates, "columns that are linearly independent"),
        ("predictor", [0, *covariates], explained),
        ("outcome", [1, *covariates], explained),
    ):
        if np.linalg.eigvalsh(products[np.ix_(columns, columns)])[0] < _ROUNDING:
            raise AnalysisError(f"{names}: expected {expected}")


def _partial(
    products: FloatArray, error: FloatArray, degrees: int
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return r, A and the covariates' slopes (..., k, 2) from moments (..., q, q)."""
    corrected: FloatArray = (
        _error_share(products[..., 2:, 2:], error[..., 2:, 2:], degrees)[..., None, None] * error
    )
    true = products - corrected
    slopes = np.linalg.solve(true[..., 2:, 2:], true[..., 2:, :2])
    partial = (products - error)[..., :2, :2] - np.swapaxes(true[..., 2:, :2], -1, -2) @ slopes
    identity = np.broadcast_to(np.eye(2), (*slopes.shape[:-2], 2, 2))
    contrast = np.concatenate([identity, -slopes], axis=-2)  # residuals are values @ contrast
    spread = np.swapaxes(contrast, -1, -2) @ products @ contrast
    variance = np.diagonal(spread, axis1=-2, axis2=-1)
    scale = np.sqrt(variance[..., 0] * variance[..., 1])
    r = np.clip(partial[..., 0, 1] / scale, -1, 1)
    true_variance = np.clip(partial[..., 0, 0], 0, None) * np.clip(partial[..., 1, 1], 0, None)
    attenuation: FloatArray = np.sqrt(true_variance) / scale
    return r, attenuation, slopes.astype(np.float64)


def _error_share(products: FloatArray, error: FloatArray, degrees: int) -> FloatArray:
    """Share of the covariates' error to subtract, (...): 1 unless hardly anything but error would be left.

    Fuller (1987, section 2.5.2): with the smallest root of ``det(C - root E)`` below ``1 + 1 / degrees`` that
    root less ``1 / degrees``, so that the corrected moments stay positive.
    """
    largest = np.linalg.eigvals(np.linalg.solve(products, error)).real.max(axis=-1)
    with np.errstate(divide="ignore"):
        root = np.where(largest > 0, 1 / largest, np.inf)
    return np.clip(root - 1 / degrees, 0, 1)
