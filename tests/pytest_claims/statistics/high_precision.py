"""The estimators' formulas once more, in exact fractions or with 60 digits, for columns of any size and offset."""

from __future__ import annotations

import itertools
from fractions import Fraction

import mpmath
import numpy as np

mpmath.mp.dps = 60


def exact(values):
    """Return floats as the fractions that they are."""
    return [Fraction(float(value)) for value in values]


def centred(values):
    mean = sum(values) / Fraction(len(values))
    return [value - mean for value in values]


def dot(a, b):
    return sum((x * y for x, y in zip(a, b, strict=True)), Fraction(0))


def digits(value):
    return mpmath.mpf(value.numerator) / mpmath.mpf(value.denominator)


def pearson_r(x, y):
    """Return r of two columns, as a number of 60 digits."""
    dx, dy = centred(exact(x)), centred(exact(y))
    return digits(dot(dx, dy)) / mpmath.sqrt(digits(dot(dx, dx)) * digits(dot(dy, dy)))


def two_sided_p(t, degrees):
    """Return the two-sided p-value of Student's t, by the incomplete beta function."""
    return mpmath.betainc(
        mpmath.mpf(degrees) / 2, mpmath.mpf(1) / 2, 0, degrees / (degrees + t**2), regularized=True
    )


def p_of_r(r, degrees):
    return two_sided_p(r * mpmath.sqrt(degrees / (1 - r**2)), degrees)


def fisher(r, variance):
    half = mpmath.sqrt(2) * mpmath.erfinv(mpmath.mpf("0.95")) * mpmath.sqrt(variance)
    return mpmath.tanh(mpmath.atanh(r) - half), mpmath.tanh(mpmath.atanh(r) + half)


def residual_of(y, x):
    """Return the residuals of y on x, as fractions."""
    dx, dy = centred(x), centred(y)
    slope = dot(dx, dy) / dot(dx, dx)
    return [b - slope * a for a, b in zip(dx, dy, strict=True)]


def studentised(x, y):
    """Return each unit's residual from the line of the others, in standard errors of that prediction."""
    x, y = exact(x), exact(y)
    n, found = len(x), []
    for index in range(n):
        a, b = x[:index] + x[index + 1 :], y[:index] + y[index + 1 :]
        mean_a, mean_b = sum(a) / Fraction(n - 1), sum(b) / Fraction(n - 1)
        spread = dot(centred(a), centred(a))
        slope = dot(centred(a), centred(b)) / spread
        rest = residual_of(b, a)
        variance = dot(rest, rest) / (n - 3) * (1 + Fraction(1, n - 1) + (x[index] - mean_a) ** 2 / spread)
        found.append(digits(y[index] - mean_b - slope * (x[index] - mean_a)) / mpmath.sqrt(digits(variance)))
    return found


def williams_t(r1, r2, r12, n):
    determinant = 1 - r1**2 - r2**2 - r12**2 + 2 * r1 * r2 * r12
    scale = 2 * determinant * mpmath.mpf(n - 1) / (n - 3) + ((r1 + r2) / 2) ** 2 * (1 - r12) ** 3
    return (r1 - r2) * mpmath.sqrt((n - 1) * (1 + r12) / scale)


def share_as_far(x, y):
    """Return the share of all n! pairings whose sum of products is as far from 0, in exact fractions."""
    dx, dy = centred(x), centred(y)
    observed = abs(dot(dx, dy))
    null = [abs(dot(dx, order)) for order in itertools.permutations(dy)]
    return sum(value >= observed for value in null) / len(null)


def moved(values, offset, exponent):
    """Return a column with an offset, in units of a power of two."""
    return np.ldexp(np.asarray(values, dtype=float) + offset, exponent)
