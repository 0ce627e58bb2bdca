"""Decision rules: values with a printable form that turn an estimate into a verdict."""

from inspect import ismodule as _ismodule

from pytest_claims.core.verdict import Rule as Rule
from pytest_claims.rules.above import Above as Above
from pytest_claims.rules.bounds import AtLeast as AtLeast
from pytest_claims.rules.bounds import Negligible as Negligible
from pytest_claims.rules.correlation import Correlation as Correlation
from pytest_claims.rules.correlation import DependentCorrelations as DependentCorrelations
from pytest_claims.rules.correlation import LooselyRelated as LooselyRelated
from pytest_claims.rules.description import Description as Description
from pytest_claims.rules.description import WithinRounding as WithinRounding
from pytest_claims.rules.rates import Heterogeneity as Heterogeneity
from pytest_claims.rules.rates import RateEquivalence as RateEquivalence
from pytest_claims.rules.units import Outlier as Outlier
from pytest_claims.rules.units import Separation as Separation

#: The public names: those that are imported above.
__all__ = [name for name, value in vars().items() if not (name.startswith("_") or _ismodule(value))]
