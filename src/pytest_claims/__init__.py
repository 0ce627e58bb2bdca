"""Scientific claims as pytest tests: a claim, its evidence, a rule, a verdict, and a ledger of them all.

Rooms, each of which knows only those before it: ``core`` holds the values, ``statistics`` makes estimates,
``rules`` decide on them, ``judging`` joins a claim with its evidence, ``junit`` writes and reads the report,
``ledger`` holds the judgements in it, ``rendering`` prints them, and ``running`` ties all to a run of pytest.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pytest_claims.core.claim import Claim
    from pytest_claims.core.errors import BrokenMeasurementError, UninformativeMeasurementError
    from pytest_claims.core.estimate import CorrelationEstimate, Estimate
    from pytest_claims.core.verdict import Decision, Verdict
    from pytest_claims.judging.evidence import BrokenEvidence, Evidence, EvidenceSource
    from pytest_claims.judging.marker import claim
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

_MODULES = {
    "core.claim": ("Claim",),
    "core.errors": ("BrokenMeasurementError", "UninformativeMeasurementError"),
    "core.estimate": ("CorrelationEstimate", "Estimate"),
    "core.verdict": ("Decision", "Verdict"),
    "judging.evidence": ("BrokenEvidence", "Evidence", "EvidenceSource"),
    "judging.marker": ("claim",),
}


def __getattr__(name: str) -> Any:
    """Import a public name on first use: every run of pytest imports this package, and rules need SciPy."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = next((module for module, names in _MODULES.items() if name in names), "rules")
    return getattr(importlib.import_module(f"{__name__}.{module}"), name)


def __dir__() -> list[str]:
    """List the public names, imported or not."""
    return sorted({*globals(), *__all__})
