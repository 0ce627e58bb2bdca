"""Scientific claims as pytest tests: a claim, its evidence, a rule, a verdict, and a ledger of them all."""

from pytest_claims.claim import Claim, claim
from pytest_claims.estimate import CorrelationEstimate, Estimate
from pytest_claims.evidence import BrokenEvidence, Evidence, EvidenceSource
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
from pytest_claims.verdict import (
    BrokenMeasurementError,
    Decision,
    UninformativeMeasurementError,
    Verdict,
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
