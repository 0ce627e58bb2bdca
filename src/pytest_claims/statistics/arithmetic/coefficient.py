"""Pearson's r of two columns, its test by Student's t and its interval by Fisher's z, at |r| = 1 too."""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass

import numpy as np
from scipy import special

from pytest_claims.statistics.arithmetic.deviations import KNOWN_TO, Deviations

#: Two-sided 95% of the normal distribution.
Z_95 = float(special.ndtri(0.975))


@dataclass(frozen=True)
class Coefficient:
    """A correlation coefficient that keeps its digits near -1 and 1.

    Parameters
    ----------
    r : in [-1, 1]
    complement : ``1 - |r|``; 0 if all units lie on one line, as far as the columns' digits tell
    """

    r: float
    complement: float

    @property
    def is_perfect(self) -> bool:
        """True if all units lie on one line."""
        return self.complement == 0

    @property
    def z(self) -> float:
        """Fisher's transform; infinite if perfect."""
        if self.is_perfect:
            return math.copysign(math.inf, self.r)
        return math.copysign(0.5 * math.log((2 - self.complement) / self.complement), self.r)


def correlate(x: Deviations, y: Deviations) -> Coefficient:
    """Return the correlation of two columns.

    Notes
    -----
    Of unit vectors a and b the squared distance is ``2 - 2 r``, which keeps its digits where they are close.
    They are on one line if they differ by no more than the columns' rounding explains, which moves each entry
    by its own error, the mean and the length.
    """
    a, b = x.unit, y.unit
    r = float(a @ b)
    sign = math.copysign(1, r)
    if abs(r) < 0.5:
        return Coefficient(r, 1 - abs(r))
    apart = np.abs(a - sign * b)
    complement = float(apart @ apart) / 2
    rounding = x.unit_errors + y.unit_errors + 2 * (x.unit_errors.max() + y.unit_errors.max())
    if complement <= KNOWN_TO or (apart <= rounding).all():
        return Coefficient(sign, 0.0)
    return Coefficient(sign * (1 - complement), complement)


def p_of_r(r: float, degrees_of_freedom: int) -> float:
    """Return the two-sided p-value of r under no correlation, by Student's t; 0 at |r| = 1."""
    return p_of(Coefficient(r, 1 - abs(r)), degrees_of_freedom, 0.0)


def p_of(coefficient: Coefficient, degrees_of_freedom: int, p_if_perfect: float) -> float:
    """Return the two-sided p-value of a coefficient, by Student's t.

    Parameters
    ----------
    p_if_perfect : for units on one line, about which there is no scatter that t could divide by
    """
    if coefficient.is_perfect:
        return p_if_perfect
    rest = coefficient.complement * (2 - coefficient.complement)  # 1 - r**2
    t = abs(coefficient.r) * math.sqrt(degrees_of_freedom / rest)
    return float(2 * special.stdtr(degrees_of_freedom, -t))


def interval_of(
    coefficient: Coefficient, z_variance: float, degrees_of_freedom: int, p_if_perfect: float
) -> tuple[float, float]:
    """Return the 95% interval of a coefficient by Fisher's z.

    Parameters
    ----------
    z_variance : of the coefficient's transform
    degrees_of_freedom, p_if_perfect : as in :func:`p_of`

    Notes
    -----
    At r = 1 the transform is infinite. There the interval goes up to 1 and begins where that of a coefficient
    begins to which Student's t gives the p-value that is given here, ``p_if_perfect``: so few units on a line
    say no more. Its z is ``asinh(t / sqrt(degrees_of_freedom))``.
    """
    half = Z_95 * math.sqrt(z_variance)
    if not coefficient.is_perfect:
        return math.tanh(coefficient.z - half), math.tanh(coefficient.z + half)
    t = -float(special.stdtrit(degrees_of_freedom, p_if_perfect / 2))
    near = math.tanh(math.asinh(t / math.sqrt(degrees_of_freedom)) - half)
    return (near, 1.0) if coefficient.r > 0 else (-1.0, -near)


def p_of_a_line(x: Deviations) -> float:
    """Return the exact p-value of units on one line: the share of all n! pairings that make a line.

    Equal values may change places, and all of them if they are symmetric about their mean: then |r| is 1 in
    ``2 / n!`` of the pairings of values that differ, 0.083 at n = 4.
    """
    values = np.sort(x.values)
    margin = 2 * float(x.errors.max())
    ends = np.flatnonzero(np.append(np.diff(values) > margin, True))
    multiplicities = np.diff(np.append(-1, ends))
    turns = 2 if (np.abs(values + values[::-1]) <= margin).all() else 1
    log_pairings = float(special.gammaln(multiplicities + 1).sum() - special.gammaln(values.size + 1))
    return max(sys.float_info.min, min(1.0, turns * math.exp(log_pairings)))


def p_of_any_line(units: int) -> float:
    """Return ``2 / units!``, the least p-value that permuting values that differ gives."""
    return max(sys.float_info.min, min(1.0, 2 * math.exp(-float(special.gammaln(units + 1)))))
