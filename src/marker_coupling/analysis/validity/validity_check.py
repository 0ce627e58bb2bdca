"""Validity of the measure, judged on calibration personas and blind to rates."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from marker_coupling.analysis.data.arrays import AnalysisError, FloatArray, numbers
from marker_coupling.analysis.data.composite import composite, upper_half
from marker_coupling.analysis.models.intraclass import IntraclassCorrelation, intraclass_correlation
from marker_coupling.analysis.validity.descriptions import (
    DescriptionAgreement,
    agreement_between_descriptions,
)
from marker_coupling.analysis.validity.retrieval import Retrieval, nearest_names


@dataclass(frozen=True)
class ValidityBounds:
    """Bounds that a valid measure reaches.

    Parameters
    ----------
    agreement : least mean correlation between descriptions
    retrieval_p : largest p of retrieval by permutation
    reliability : least reliability of the mean over wordings
    """

    agreement: float = 0.5
    retrieval_p: float = 0.001
    reliability: float = 0.8


@dataclass(frozen=True, eq=False)
class Validity:
    """Validity of the composite cosine on one base model.

    Parameters
    ----------
    agreement : between disjoint texts of a persona
    retrieval : of names by descriptions
    reliability : over wordings
    failures : failed criteria; the base model is uninformative unless there are none
    """

    agreement: DescriptionAgreement
    retrieval: Retrieval
    reliability: IntraclassCorrelation
    failures: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class CalibrationGeometry:
    """Geometry of the calibration personas on one base model; the first text is the name.

    Parameters
    ----------
    cosines : (L, T, W, N) to the assistant, by layer, text, wording and persona
    similarity : (L, T - 1, N, N) between description d of persona i and the name of persona j
    lexical_cosine : (T, N) cosine to the assistant of each text's bag of token embeddings
    tokens : (T, N) length of each text
    layers : (L,) k of each layer: 0 is the embedding, k the output of block k
    blocks : number of blocks of the base model
    """

    cosines: FloatArray
    similarity: FloatArray
    lexical_cosine: FloatArray
    tokens: FloatArray
    layers: tuple[int, ...]
    blocks: int

    def __post_init__(self) -> None:
        layers = len(self.layers)
        shape = np.shape(self.cosines)
        if len(shape) != 4 or shape[0] != layers or shape[1] < 2 or shape[2] < 2:
            raise AnalysisError(
                f"cosines: expected ({layers} layers, at least 2 texts, at least 2 wordings, personas), "
                f"got {shape}"
            )
        texts, n = shape[1], shape[3]
        expected: dict[str, tuple[int | None, ...]] = {
            "cosines": shape,
            "similarity": (layers, texts - 1, n, n),
            "lexical_cosine": (texts, n),
            "tokens": (texts, n),
        }
        for name, wanted in expected.items():
            object.__setattr__(self, name, numbers(name, getattr(self, name), wanted))


def check_validity(
    geometry: CalibrationGeometry,
    bounds: ValidityBounds | None = None,
    *,
    permutations: int = 2_000,
    seed: int = 0,
) -> Validity:
    """Judge the composite cosine of a base model.

    Parameters
    ----------
    geometry : of the calibration personas
    bounds : criteria; agreement must also exceed the 95% quantile of chance over all layers, and stay
        above 0 (lower 95% bound) with bag of embeddings and length held fixed
    permutations, seed : of the tests
    """
    limits = bounds or ValidityBounds()
    upper = upper_half(geometry.layers, geometry.blocks)
    score = composite(geometry.cosines[upper])  # (T, W, N)
    agreement = agreement_between_descriptions(
        score.mean(axis=1), geometry.cosines.mean(axis=2), geometry.lexical_cosine, geometry.tokens,
        permutations=permutations, seed=seed,
    )  # fmt: skip
    retrieval = nearest_names(geometry.similarity[upper].mean(axis=0), seed=seed)
    reliability = intraclass_correlation(score.mean(axis=0).T)
    failures = []
    if agreement.value < limits.agreement:
        failures.append(f"descriptions agree at {agreement.value:.2f}, below {limits.agreement:g}")
    if agreement.value <= agreement.chance:
        failures.append(
            f"descriptions agree at {agreement.value:.2f}, within chance ({agreement.chance:.2f})"
        )
    if agreement.partial_low <= 0:
        failures.append(
            f"given words and length descriptions agree at {agreement.partial:.2f}, lower bound "
            f"{agreement.partial_low:.2f}"
        )
    if retrieval.p_permutation > limits.retrieval_p:
        failures.append(
            f"{retrieval.share:.0%} of descriptions are nearest their own name, "
            f"chance {retrieval.chance:.0%}, p = {retrieval.p_permutation:.2g}"
        )
    if reliability.mean < limits.reliability:
        failures.append(f"reliability over wordings is {reliability.mean:.2f}, below {limits.reliability:g}")
    return Validity(agreement, retrieval, reliability, tuple(failures))
