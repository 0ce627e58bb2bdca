"""Scientific claims as pytest tests: a claim, its evidence, a rule, a verdict, and a ledger of them all."""

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
    "Claim": "core.claim",
    "BrokenMeasurementError": "core.errors",
    "UninformativeMeasurementError": "core.errors",
    "CorrelationEstimate": "core.estimate",
    "Estimate": "core.estimate",
    "Decision": "core.verdict",
    "Verdict": "core.verdict",
    "BrokenEvidence": "judging.evidence",
    "Evidence": "judging.evidence",
    "EvidenceSource": "judging.evidence",
    "claim": "judging.marker",
}


def __getattr__(name: str) -> Any:
    """Import a public name on first use: every run of pytest imports this package, and rules need SciPy."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_MODULES.get(name, 'rules')}"), name)


def __dir__() -> list[str]:
    """List the public names, imported or not."""
    return sorted({*globals(), *__all__})
