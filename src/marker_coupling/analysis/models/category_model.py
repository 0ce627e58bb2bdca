r"""Linear mixed model with a random intercept by category, in closed form but for one ratio of variances.

With :math:`\lambda = \sigma^2_{category} / \sigma^2_{residual}` a category of m personas has the covariance
:math:`\sigma^2 (I + \lambda J)`, whose inverse square root shrinks the category's mean and leaves deviations
from it alone:

.. math:: y^*_i = y_i - \theta_m \bar y, \qquad \theta_m = 1 - (1 + m \lambda)^{-1/2}.

On the whitened values generalised least squares is ordinary least squares (Fuller and Battese 1973,
doi:10.1080/01621459.1973.10481407). The ratio maximises the restricted likelihood (Patterson and Thompson
1971), which needs only cross-products between and within categories, by size of category.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from marker_coupling.analysis.data.arrays import AnalysisError, FloatArray
from marker_coupling.analysis.data.categories import Categories

#: The share lambda / (1 + lambda) is searched on grids, each around the best point of the one before.
_GRID = np.linspace(0, 1, 41)
_REFINEMENTS = 6
_LARGEST_SHARE = 1 - 1e-6


@dataclass(frozen=True, eq=False)
class CategoryModel:
    """A fitted mixed model.

    Parameters
    ----------
    coefficients, standard_errors : (p,) fixed effects
    category_variance, residual_variance : REML estimates
    ratio : the former over the latter
    log_likelihood : restricted log-likelihood, with its constants
    """

    coefficients: FloatArray
    standard_errors: FloatArray
    category_variance: float
    residual_variance: float
    ratio: float
    log_likelihood: float


def whiten(values: FloatArray, categories: Categories, ratio: float) -> FloatArray:
    """Remove the correlation within categories.

    Parameters
    ----------
    values : (N, ...)
    ratio : category variance over residual variance, >= 0
    """
    if ratio == 0:
        return values
    by_size = shrinkage(categories.sizes, ratio) / categories.sizes
    shape = (-1,) + (1,) * (values.ndim - 1)
    shrunk: FloatArray = (by_size.reshape(shape) * categories.sums(values))[categories.codes]
    return values - shrunk


def shrinkage(sizes: FloatArray | np.ndarray, ratio: float) -> FloatArray:
    """Share of a category's mean that whitening takes away, by size of category."""
    return 1 - 1 / np.sqrt(1 + sizes * ratio)


def variance_ratio(outcome: FloatArray, design: FloatArray, categories: Categories) -> float:
    """Category variance over residual variance that maximises the restricted likelihood, >= 0.

    Parameters
    ----------
    outcome : (N,)
    design : (N, p) fixed effects, intercept included
    """
    if categories.count == categories.codes.size:
        return 0.0  # nothing tells categories from residuals
    products = _Products.of(outcome, design, categories)
    low, high = 0.0, _LARGEST_SHARE
    for _ in range(_REFINEMENTS):
        shares = low + (high - low) * _GRID
        best = int(np.argmax(products.log_likelihood(shares / (1 - shares))))
        low, high = shares[max(best - 1, 0)], shares[min(best + 1, shares.size - 1)]
    share = float(shares[best])
    return share / (1 - share)


def fit_category_model(outcome: FloatArray, design: FloatArray, categories: Categories) -> CategoryModel:
    """Fit by restricted maximum likelihood.

    Parameters
    ----------
    outcome : (N,)
    design : (N, p) fixed effects, intercept included, of full rank

    Raises
    ------
    AnalysisError
        The fixed effects are linearly dependent, as many as there are personas, or tell all categories apart,
        so that nothing is left of which to estimate the categories' variance.
    """
    n, p = design.shape
    if n <= p or np.linalg.matrix_rank(design) < p:
        raise AnalysisError(f"design: expected {p} linearly independent columns and more than {p} personas")
    # The squared length of the categories' indicators, n in all, that the fixed effects explain.
    explained = float((categories.sums(np.linalg.qr(design)[0]) ** 2).sum())
    if n - explained <= 1e-9 * n:
        raise AnalysisError(
            f"categories: expected more than the fixed effects tell apart, got {categories.count}"
        )
    ratio = variance_ratio(outcome, design, categories)
    x, y = whiten(design, categories, ratio), whiten(outcome, categories, ratio)
    inverse = np.linalg.inv(x.T @ x)
    coefficients = inverse @ (x.T @ y)
    residual = float(np.sum((y - x @ coefficients) ** 2)) / (n - p)
    log_likelihood = _Products.of(outcome, design, categories).log_likelihood(np.array([ratio]))[0]
    return CategoryModel(
        coefficients=coefficients,
        standard_errors=np.sqrt(residual * np.diag(inverse)),
        category_variance=ratio * residual,
        residual_variance=residual,
        ratio=ratio,
        log_likelihood=float(log_likelihood),
    )


@dataclass(frozen=True, eq=False)
class _Products:
    """Cross-products of (design, outcome): total, and of category means by size of category.

    The part between categories of one size is subtracted from the total with the share that whitening takes.
    """

    total: FloatArray  # (p + 1, p + 1)
    between: FloatArray  # (sizes, p + 1, p + 1)
    sizes: FloatArray  # (sizes,)
    categories: FloatArray  # (sizes,) categories of each size
    n: int

    @classmethod
    def of(cls, outcome: FloatArray, design: FloatArray, categories: Categories) -> _Products:
        stacked = np.column_stack([design, outcome])
        sums = categories.sums(stacked)
        sizes, group, number = np.unique(categories.sizes, return_inverse=True, return_counts=True)
        scaled = sums / np.sqrt(categories.sizes)[:, None]
        between = np.array([scaled[group == k].T @ scaled[group == k] for k in range(sizes.size)])
        return cls(stacked.T @ stacked, between, sizes.astype(float), number.astype(float), outcome.size)

    def log_likelihood(self, ratios: FloatArray) -> FloatArray:
        """Restricted log-likelihood at each ratio, the residual variance profiled out."""
        inflation = 1 + np.outer(ratios, self.sizes)  # (ratios, sizes)
        products = self.total - np.einsum("rs,sij->rij", 1 - 1 / inflation, self.between)
        p = products.shape[-1] - 1
        degrees = self.n - p
        # The determinant of all products is that of the design's times the residual sum of squares.
        design_logdet = np.linalg.slogdet(products[:, :p, :p])[1]
        log_squares = np.linalg.slogdet(products)[1] - design_logdet
        determinant = np.log(inflation) @ self.categories
        constant = degrees * (1 + np.log(2 * np.pi / degrees))
        likelihood: FloatArray = -0.5 * (constant + determinant + design_logdet + degrees * log_squares)
        return likelihood
