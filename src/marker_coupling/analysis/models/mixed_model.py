"""The mixed model by category, fitted by statsmodels instead of the closed form of ``category_model``."""

from __future__ import annotations

import warnings

import numpy as np

from marker_coupling.analysis.data.arrays import AnalysisError, FloatArray
from marker_coupling.analysis.data.categories import Categories
from marker_coupling.analysis.models.category_model import CategoryModel, whiten


def fit_mixed_model(outcome: FloatArray, design: FloatArray, categories: Categories) -> CategoryModel:
    """Fit by restricted maximum likelihood with :class:`statsmodels.regression.mixed_linear_model.MixedLM`.

    Parameters
    ----------
    outcome : (N,)
    design : (N, p) fixed effects, intercept included

    Returns
    -------
    CategoryModel
        Standard errors are those of generalised least squares at the variances found, as lme4 gives them;
        statsmodels' own come from the Hessian over all parameters.

    Raises
    ------
    AnalysisError
        statsmodels is not installed, or its optimisers find no maximum.
    """
    try:
        from statsmodels.regression.mixed_linear_model import MixedLM
    except ImportError as error:
        raise AnalysisError("statsmodels: expected it to be installed: marker-coupling[analysis]") from error
    model = MixedLM(outcome, design, groups=categories.codes)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # variances at the boundary are no fault here
            fit = model.fit(reml=True, method=["bfgs", "lbfgs", "powell"])
    except (np.linalg.LinAlgError, ValueError) as error:
        raise AnalysisError(f"mixed model: expected a maximum of the likelihood: {error}") from error
    category, residual = float(np.asarray(fit.cov_re)[0, 0]), float(fit.scale)
    ratio = category / residual
    whitened = whiten(design, categories, ratio)
    return CategoryModel(
        coefficients=np.asarray(fit.fe_params, dtype=np.float64),
        standard_errors=np.sqrt(residual * np.diag(np.linalg.inv(whitened.T @ whitened))),
        category_variance=category,
        residual_variance=residual,
        ratio=ratio,
        log_likelihood=float(fit.llf),
    )
