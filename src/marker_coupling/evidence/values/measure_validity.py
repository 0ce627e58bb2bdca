"""Validity of the cosine to the assistant on one base model, as a calibration on file has found it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from guarded_files import read_json, refusal
from guarded_files.schema import Array, Section, Unchecked
from guarded_files.schema_values import NAME, AnyText, Mismatch, Real, Text, Whole
from marker_coupling.evidence.values.fields import EvidenceError

MOST_BYTES = 2**20
_CORRELATION, _SHARE, _COUNT = Real(-1, 1), Real(0, 1), Whole(1, 10**6)
_ELSEWHERE = Unchecked((dict, list), "a table")
_DIGEST = Text(100, one_line=True)
_ORIGIN = ("base_model", "fingerprint", "precision", "registration")


def _by_layer(of: Real) -> Array:
    return Array(of, 1000, "numbers, one a layer", distinct=False)


#: What the check of validity writes; setting and outcome, which are chosen elsewhere, are left unchecked.
CALIBRATION = Section(
    {
        "base_model": NAME,
        "fingerprint": _DIGEST,
        "precision": NAME,
        "registration": _DIGEST,
        "chosen": _ELSEWHERE,
        "settings": _ELSEWHERE,
        "validity": Section(
            {
                "agreement": Section(
                    {
                        **dict.fromkeys(
                            ("value", "least_pair", "chance", "partial", "partial_low"), _CORRELATION
                        ),
                        "by_layer": _by_layer(_CORRELATION),
                        "p": _SHARE,
                    }
                ),
                "retrieval": Section(
                    {
                        "hits": Whole(0, 10**6),
                        "descriptions": _COUNT,
                        **dict.fromkeys(("share", "chance", "low", "p_binomial", "p_permutation"), _SHARE),
                    }
                ),
                "retrieval_by_layer": _by_layer(_SHARE),
                "reliability": _ELSEWHERE,
                "failures": Array(AnyText(), 100, "failed criteria", least=0, distinct=False),
            }
        ),
    }
)


@dataclass(frozen=True, eq=False)
class MeasureValidity:
    """Validity of one base model's cosines to the assistant, on personas that are in no study.

    Parameters
    ----------
    base_model, fingerprint, precision : that was measured
    registration : digest of the study whose calibration personas they are
    personas : their number
    agreement : of the composite, mean correlation between texts of a persona that share no content word
    agreement_p, chance_agreement : of a permutation test of the maximum over layers, p and 95% quantile
    agreement_given_words, agreement_given_words_low : with bag of embeddings and length held fixed; lower
        95% bound
    agreement_by_layer : (L,) from layer 1 on
    retrieval, chance_retrieval : share of descriptions whose nearest name is their own, at the composite
    retrieval_by_layer : (L,) the same from layer 1 on
    failures : criteria that the composite fails

    Raises
    ------
    EvidenceError
        Not one number a layer of both.
    """

    base_model: str
    fingerprint: str
    precision: str
    registration: str
    personas: int
    agreement: float
    agreement_p: float
    chance_agreement: float
    agreement_given_words: float
    agreement_given_words_low: float
    agreement_by_layer: tuple[float, ...]
    retrieval: float
    chance_retrieval: float
    retrieval_by_layer: tuple[float, ...]
    failures: tuple[str, ...]

    def __post_init__(self) -> None:
        if len(self.agreement_by_layer) != len(self.retrieval_by_layer):
            raise EvidenceError(
                f"key validity.retrieval_by_layer: expected {len(self.agreement_by_layer)} layers as in "
                f"agreement.by_layer, got {len(self.retrieval_by_layer)}"
            )

    @property
    def blocks(self) -> int:
        """The number of transformer blocks; also the last layer."""
        return len(self.agreement_by_layer)

    @property
    def determined_by(self) -> str:
        """Base model, precision and registration, whose personas and wordings were measured."""
        return (
            f"base model {self.fingerprint}; {self.precision}; validity on registration {self.registration}"
        )

    @property
    def sha256(self) -> str:
        """Digest of all numbers."""
        return hashlib.sha256(json.dumps(vars(self), sort_keys=True).encode()).hexdigest()

    @property
    def properties(self) -> Mapping[str, str]:
        """Facts for the head of a report."""
        return {name: getattr(self, name) for name in _ORIGIN} | {"personas": str(self.personas)}

    def __str__(self) -> str:
        columns = enumerate(zip(self.agreement_by_layer, self.retrieval_by_layer, strict=True), 1)
        rows = [
            f"{layer:5}  {agreement:+9.2f}  {retrieval:8.0%}" for layer, (agreement, retrieval) in columns
        ]
        return "\n".join(["layer  agreement  own name", *rows])

    @classmethod
    def read(cls, path: Path) -> MeasureValidity:
        """Read it from a calibration's file.

        Raises
        ------
        EvidenceError
            One line naming file, key and expectation.
        """
        content = read_json(path, MOST_BYTES, EvidenceError)
        try:
            checked: dict[str, Any] = CALIBRATION.check(content)
            validity = checked["validity"]
            agreement, retrieval = validity["agreement"], validity["retrieval"]
            return cls(
                **{name: checked[name] for name in _ORIGIN},
                # By chance a description is nearest one of as many names as there are personas.
                personas=round(1 / max(retrieval["chance"], 1e-6)),
                agreement=agreement["value"],
                agreement_p=agreement["p"],
                chance_agreement=agreement["chance"],
                agreement_given_words=agreement["partial"],
                agreement_given_words_low=agreement["partial_low"],
                agreement_by_layer=agreement["by_layer"],
                retrieval=retrieval["share"],
                chance_retrieval=retrieval["chance"],
                retrieval_by_layer=validity["retrieval_by_layer"],
                failures=validity["failures"],
            )
        except Mismatch as problem:
            raise refusal(EvidenceError, path, "", str(problem)) from None
        except EvidenceError as error:
            raise refusal(EvidenceError, path, "", str(error)) from error
