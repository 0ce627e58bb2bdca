"""Scientific claims as pytest tests: a claim, its evidence, a rule, a verdict, and a ledger of them all."""

import importlib
from typing import TYPE_CHECKING, Any

from pytest_claims.core.claim import Claim, claim

if TYPE_CHECKING:
    from pytest_claims.core.estimate import CorrelationEstimate, Estimate
    from pytest_claims.core.verdict import (
        BrokenMeasurementError,
        Decision,
        UninformativeMeasurementError,
        Verdict,
    )
    from pytest_claims.judging.evidence import BrokenEvidence, Evidence, EvidenceSource
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


_HOMES = {
    "core.estimate": ("CorrelationEstimate", "Estimate"),
    "judging.evidence": ("BrokenEvidence", "Evidence", "EvidenceSource"),
    "core.verdict": ("BrokenMeasurementError", "Decision", "UninformativeMeasurementError", "Verdict"),
}


def __getattr__(name: str) -> Any:
    """Import what is asked for: every run of pytest imports this package, and rules need SciPy."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = next((module for module, names in _HOMES.items() if name in names), "rules")
    return getattr(importlib.import_module(f"pytest_claims.{home}"), name)


def __dir__() -> list[str]:
    """List the names that are imported when they are asked for, too."""
    return sorted({*globals(), *__all__})
