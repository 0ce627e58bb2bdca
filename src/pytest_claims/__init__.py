"""Scientific claims as pytest tests: a claim, its evidence, a rule, a verdict, and a ledger of them all."""

import importlib
from typing import TYPE_CHECKING, Any

from pytest_claims.claim import Claim, claim
from pytest_claims.estimate import CorrelationEstimate, Estimate
from pytest_claims.evidence import BrokenEvidence, Evidence, EvidenceSource
from pytest_claims.verdict import (
    BrokenMeasurementError,
    Decision,
    UninformativeMeasurementError,
    Verdict,
)

if TYPE_CHECKING:
    from pytest_claims.rules import (
        AtLeast,
        Correlation,
        DependentCorrelations,
        Description,
        Heterogeneity,
        LooselyRelated,
        Negligible,
        Outlier,
        RateEquivalence,
        Rule,
        Separation,
        WithinRounding,
    )

__all__ = [
    "AtLeast",
    "BrokenEvidence",
    "BrokenMeasurementError",
    "Claim",
    "Correlation",
    "CorrelationEstimate",
    "Decision",
    "DependentCorrelations",
    "Description",
    "Estimate",
    "Evidence",
    "EvidenceSource",
    "Heterogeneity",
    "LooselyRelated",
    "Negligible",
    "Outlier",
    "RateEquivalence",
    "Rule",
    "Separation",
    "UninformativeMeasurementError",
    "Verdict",
    "WithinRounding",
    "claim",
]


def __getattr__(name: str) -> Any:
    """Import a rule when it is asked for: rules need SciPy, and every run of pytest imports this package."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module("pytest_claims.rules"), name)
