"""Decision rules: values with a printable form that turn an estimate into a verdict."""

from pytest_claims.core.rule import Rule
from pytest_claims.rules.consistency import WithinRounding
from pytest_claims.rules.correlation import Correlation, LooselyRelated
from pytest_claims.rules.dependent import DependentCorrelations
from pytest_claims.rules.description import Description
from pytest_claims.rules.equivalence import RateEquivalence
from pytest_claims.rules.heterogeneity import Heterogeneity
from pytest_claims.rules.negligible import Negligible
from pytest_claims.rules.outlier import Outlier
from pytest_claims.rules.separation import Separation
from pytest_claims.rules.threshold import AtLeast

__all__ = [
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
]
