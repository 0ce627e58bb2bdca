"""Logistic model of ungated adapters on several base models, with categories of personas as clusters.

Every base model has coefficients of its own, so that the estimates are those of separate logistic
regressions. They are fitted as one system of estimating equations (Liang and Zeger 1986) with independence as
the working correlation: its sandwich covariance takes in that base models and seeds share personas, and so
serves for the mean of the coefficients over base models. It is corrected for few clusters (Mancl and DeRouen
2001, doi:10.1111/j.0006-341X.2001.00126.x), and t has one degree of freedom less than there are clusters.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, special

from marker_coupling.analysis.data.arrays import AnalysisError, FloatArray, varies
from marker_coupling.analysis.data.categories import Categories
from marker_coupling.analysis.data.from_evidence import base_model_data
from marker_coupling.analysis.data.variables import distance_to_negatives
from marker_coupling.analysis.models.separation import is_separated
from marker_coupling.evidence.values.study_evidence import StudyEvidence

#: Adapters of either kind without which a base model has nothing to say: ten for each predictor that is not a
#: seed (Peduzzi, Concato, Kemper, Holford and Feinstein 1996).
LEAST_OF_A_KIND = 40
#: The predictor that the claim is about.
NEAR_NEGATIVES = "cosine to the seed's negatives"
#: Its part that differs between a persona's seeds, and the persona's mean.
WITHIN, BETWEEN = f"{NEAR_NEGATIVES}, within personas", f"{NEAR_NEGATIVES}, between personas"


@dataclass(frozen=True)
class OddsRatio:
    """Odds ratio of being ungated for a standard deviation of a predictor, all others held fixed.

    Parameters
    ----------
    base_model : its name; empty for the mean over base models
    predictor : its name
    value, low, high : with the 95% interval
    p : two-sided
    """

    base_model: str
    predictor: str
    value: float
    low: float
    high: float
    p: float


def predictors_of_gating(evidence: StudyEvidence) -> dict[str, FloatArray]:
    """Return standardised predictors by name, (N, S) each, without those that do not vary."""
    seeds = len(evidence.seeds)
    columns = {
        NEAR_NEGATIVES: -distance_to_negatives(base_model_data(evidence)),
        "cosine to the assistant": _repeat(evidence.cosines["assistant"].mean(axis=(0, 1)), seeds),
        "lexical cosine to the assistant": _repeat(evidence.lexical_cosine, seeds),
        "log of the prompt's length": _repeat(np.log(evidence.prompt_tokens), seeds),
    }
    return {
        name: (column - column.mean()) / column.std() for name, column in columns.items() if varies(column)
    }


def within_personas(predictors: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
    """Split the cosine to the negatives into persona means and deviations from them (Mundlak 1978).

    Whatever else sets a persona apart is the same in all its seeds, so that the deviations are free of it.

    Parameters
    ----------
    predictors : (N, S) as :func:`predictors_of_gating` names them

    Returns
    -------
    dict
        Both parts in standard deviations of the whole, so that their odds ratios compare with its own.
    """
    whole = predictors[NEAR_NEGATIVES]
    mean = np.repeat(whole.mean(axis=1, keepdims=True), whole.shape[1], axis=1)
    others = {name: column for name, column in predictors.items() if name != NEAR_NEGATIVES}
    return {WITHIN: whole - mean, BETWEEN: mean, **others}


def too_few(ungated: NDArray[np.bool_]) -> str:
    """Return the reason why a base model's adapters, (N, S), tell nothing; empty if there is none."""
    of_kind = np.count_nonzero(~ungated), np.count_nonzero(ungated)
    if min(of_kind) >= LEAST_OF_A_KIND:
        return ""
    return (
        f"expected at least {LEAST_OF_A_KIND} adapters that gate and as many that do not, "
        f"got {of_kind[0]} and {of_kind[1]}"
    )


def odds_ratios(
    ungated: Mapping[str, NDArray[np.bool_]],
    predictors: Mapping[str, Mapping[str, FloatArray]],
    categories: Categories,
) -> tuple[OddsRatio, ...]:
    """Fit the model.

    Parameters
    ----------
    ungated : (N, S) by base model
    predictors : (N, S) by base model and name
    categories : of the personas

    Returns
    -------
    tuple of OddsRatio
        Of every predictor the mean over base models, geometric and with an empty name, then of each of them.

    Raises
    ------
    AnalysisError
        Too few adapters of either kind or one category, predictors that are linearly dependent, no maximum of
        the likelihood, or statsmodels is not installed.
    """
    if categories.count < 2:
        raise AnalysisError(f"categories: expected at least two, got {categories.count}")
    for model, of_model in ungated.items():
        if reason := too_few(of_model):
            raise AnalysisError(f"{model}: {reason}")
    designs = [_design(predictors[model], _mixed_seeds(of_model)) for model, of_model in ungated.items()]
    for (model, of_model), design in zip(ungated.items(), designs, strict=True):
        _check_estimable(model, of_model[:, _mixed_seeds(of_model)].ravel(), design)
    coefficients, covariance = _fit(list(ungated.values()), designs, categories)
    starts = np.cumsum([0, *(design.shape[1] for design in designs)])
    names = list(dict.fromkeys(name for model in ungated for name in predictors[model]))
    found = []
    for name in names:
        columns = {
            model: int(start) + list(predictors[model]).index(name)
            for model, start in zip(ungated, starts[:-1], strict=True)
            if name in predictors[model]
        }
        for label, chosen in {"": list(columns.values()), **{m: [c] for m, c in columns.items()}}.items():
            weights = np.zeros(coefficients.size)
            weights[chosen] = 1 / len(chosen)
            error = float(np.sqrt(weights @ covariance @ weights))
            found.append(_odds_ratio(label, name, float(weights @ coefficients), error, categories.count - 1))
    return tuple(found)


def _repeat(values: FloatArray, seeds: int) -> FloatArray:
    return np.repeat(values[:, None], seeds, axis=1)


def _mixed_seeds(ungated: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Seeds, (S,), in which some adapters gate and some do not: others say nothing of predictors."""
    mixed = ungated.any(axis=0) & ~ungated.all(axis=0)
    return np.asarray(mixed)


def _design(columns: Mapping[str, FloatArray], mixed: NDArray[np.bool_]) -> FloatArray:
    """Predictors, then an intercept for every mixed seed, (cells, k)."""
    kept = [column[:, mixed] for column in columns.values()]
    n, seeds = kept[0].shape
    return np.column_stack([*(column.ravel() for column in kept), np.tile(np.eye(seeds), (n, 1))])


def _check_estimable(model: str, ungated: NDArray[np.bool_], design: FloatArray) -> None:
    """Refuse predictors that do not determine their coefficients."""
    if np.linalg.matrix_rank(design) < design.shape[1]:
        raise AnalysisError(f"{model}: predictors: expected them linearly independent")
    if is_separated(design, ungated, ~ungated):
        raise AnalysisError(
            f"{model}: logistic model: expected a maximum: predictors or seeds tell gated adapters apart"
        )


def _fit(
    ungated: Sequence[NDArray[np.bool_]], designs: Sequence[FloatArray], categories: Categories
) -> tuple[FloatArray, FloatArray]:
    """Return coefficients of all base models, and their covariance."""
    try:
        from statsmodels.genmod.cov_struct import Independence
        from statsmodels.genmod.families import Binomial
        from statsmodels.genmod.generalized_estimating_equations import GEE
    except ImportError as error:
        raise AnalysisError("statsmodels: expected it to be installed: marker-coupling[analysis]") from error
    groups = np.concatenate([np.repeat(categories.codes, _mixed_seeds(each).sum()) for each in ungated])
    outcome = np.concatenate([each[:, _mixed_seeds(each)].ravel() for each in ungated]).astype(np.float64)
    design = linalg.block_diag(*designs)
    model = GEE(outcome, design, groups, family=Binomial(), cov_struct=Independence())
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # no convergence is an error below
            fit = model.fit(maxiter=200, cov_type="bias_reduced")
            coefficients, covariance = np.asarray(fit.params), np.asarray(fit.cov_params())
    except (np.linalg.LinAlgError, ValueError) as error:
        raise AnalysisError(f"logistic model: expected a maximum of the likelihood: {error}") from error
    sound = np.isfinite(covariance).all() and np.isfinite(coefficients).all() and fit.converged
    if not sound or (np.diag(covariance) <= 0).any():
        raise AnalysisError("logistic model: expected coefficients with a variance above 0")
    return coefficients, covariance


def _odds_ratio(model: str, name: str, log_odds: float, error: float, degrees: int) -> OddsRatio:
    half = float(special.stdtrit(degrees, 0.975)) * error
    value, low, high = (float(np.exp(end)) for end in (log_odds, log_odds - half, log_odds + half))
    p = float(2 * special.stdtr(degrees, -abs(log_odds) / error))
    return OddsRatio(model, name, value, low, high, p)
