"""Scientific claims as pytest tests: a claim, its evidence, a rule, a verdict, and a ledger of them all.

Rooms, each of which knows only those before it: ``core`` holds the values, ``statistics`` makes estimates,
``rules`` decide on them, ``judging`` joins a claim with its evidence, ``junit`` writes and reads the report,
``ledger`` holds the judgements in it, ``rendering`` prints them, and ``running`` ties all to a run of pytest.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pytest_claims.core.claim import Claim as Claim
    from pytest_claims.core.errors import BrokenMeasurementError as BrokenMeasurementError
    from pytest_claims.core.errors import UninformativeMeasurementError as UninformativeMeasurementError
    from pytest_claims.core.estimate import CorrelationEstimate as CorrelationEstimate
    from pytest_claims.core.estimate import Estimate as Estimate
    from pytest_claims.core.kind import Kind as Kind
    from pytest_claims.core.origins import Origin as Origin
    from pytest_claims.core.regions import Region as Region
    from pytest_claims.core.verdict import Decision as Decision
    from pytest_claims.core.verdict import Verdict as Verdict
    from pytest_claims.judging.evidence import BrokenEvidence as BrokenEvidence
    from pytest_claims.judging.evidence import Evidence as Evidence
    from pytest_claims.judging.evidence import EvidenceSource as EvidenceSource
    from pytest_claims.judging.marker import claim as claim
    from pytest_claims.rules import AtLeast as AtLeast
    from pytest_claims.rules import Correlation as Correlation
    from pytest_claims.rules import DependentCorrelations as DependentCorrelations
    from pytest_claims.rules import Description as Description
    from pytest_claims.rules import Heterogeneity as Heterogeneity
    from pytest_claims.rules import LooselyRelated as LooselyRelated
    from pytest_claims.rules import Negligible as Negligible
    from pytest_claims.rules import Outlier as Outlier
    from pytest_claims.rules import RateEquivalence as RateEquivalence
    from pytest_claims.rules import Rule as Rule
    from pytest_claims.rules import Separation as Separation
    from pytest_claims.rules import WithinRounding as WithinRounding

_MODULES = {
    "core.claim": ("Claim",),
    "core.errors": ("BrokenMeasurementError", "UninformativeMeasurementError"),
    "core.estimate": ("CorrelationEstimate", "Estimate"),
    "core.kind": ("Kind",),
    "core.origins": ("Origin",),
    "core.regions": ("Region",),
    "core.verdict": ("Decision", "Verdict"),
    "judging.evidence": ("BrokenEvidence", "Evidence", "EvidenceSource"),
    "judging.marker": ("claim",),
    "rules": (
        "AtLeast",
        "Correlation",
        "DependentCorrelations",
        "Description",
        "Heterogeneity",
        "LooselyRelated",
        "Negligible",
        "Outlier",
        "RateEquivalence",
        "Rule",
        "Separation",
        "WithinRounding",
    ),
}
__all__ = sorted(name for names in _MODULES.values() for name in names)


def __getattr__(name: str) -> Any:
    """Import a public name on first use: every run of pytest imports this package, and rules need SciPy."""
    for module, names in _MODULES.items():
        if name in names:
            return getattr(importlib.import_module(f"{__name__}.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """List the public names, imported or not."""
    return sorted({*globals(), *__all__})
