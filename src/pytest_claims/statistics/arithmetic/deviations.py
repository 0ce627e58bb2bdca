"""Deviations from the mean of numbers of any size and offset, with a bound on their rounding.

All estimators centre their columns here. A column is scaled by a power of two, which rounds nothing, then
centred twice, as the first mean is itself rounded, then scaled by a power of two again, so that no sum of
squares overflows or underflows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
_EPSILON = float(np.finfo(np.float64).eps)
#: Numbers are taken to be known to four units in the last place: 0.1 is no binary number, and a rate or a
#: cosine has been through a few operations.
KNOWN_TO = 4 * _EPSILON


@dataclass(frozen=True, eq=False)
class Deviations:
    """Deviations of a column from its mean.

    Parameters
    ----------
    values : (n,) in units of ``2**exponent``, the largest of size 0.5 to 1
    errors : (n,) bound on the error of each, in the same units, where the column is known to
        :data:`KNOWN_TO` of each number's size
    exponent : power of two of the unit
    column : (n,) the column itself in the same units, not rounded
    """

    values: FloatArray
    errors: FloatArray
    exponent: int
    column: FloatArray

    @property
    def from_median(self) -> FloatArray:
        """Differences from the middle number, (n,); one outlier leaves the others small."""
        differences: FloatArray = self.column - np.sort(self.column)[self.column.size // 2]
        return differences

    @property
    def from_median_errors(self) -> FloatArray:
        """Bounds on the errors of :attr:`from_median`, (n,)."""
        return KNOWN_TO * np.abs(self.column) + _EPSILON * np.abs(self.from_median)

    @property
    def length(self) -> float:
        """Euclidean length of the values."""
        return float(np.sqrt(self.values @ self.values))

    @property
    def unit(self) -> FloatArray:
        """The values at length 1, (n,)."""
        return self.values / self.length

    @property
    def unit_errors(self) -> FloatArray:
        """Bounds on the errors of :attr:`unit`, (n,)."""
        return self.errors / self.length


def deviations(values: FloatArray) -> Deviations:
    """Return the deviations of a column from its mean.

    Parameters
    ----------
    values : (n,) finite, not all equal
    """
    exponent = _exponent(values)
    scaled = np.ldexp(values, -exponent)
    centred = scaled - scaled.mean()
    centred -= centred.mean()
    further = _exponent(centred)
    at_unit = np.ldexp(centred, -further)
    column = np.ldexp(scaled, -further)
    errors = KNOWN_TO * np.abs(column) + _EPSILON * np.abs(at_unit)
    return Deviations(at_unit, errors, exponent + further, column)


def row_deviations(rows: FloatArray) -> FloatArray:
    """Return the deviations of each row of (b, n) from its mean, each in a unit of its own; 0 if constant."""
    scaled = np.ldexp(rows, -_row_exponents(rows))
    centred = scaled - scaled.mean(axis=1, keepdims=True)
    centred -= centred.mean(axis=1, keepdims=True)
    at_unit: FloatArray = np.ldexp(centred, -_row_exponents(centred))
    return at_unit


def spread_of(values: FloatArray) -> float:
    """Return the range of a column as a share of its largest size: 0 to 2; 0 if all are 0."""
    return float(row_spreads(values[None])[0, 0])


def row_spreads(rows: FloatArray) -> FloatArray:
    """Return the same of each row of (b, n), as (b, 1)."""
    scaled = np.ldexp(rows, -_row_exponents(rows))
    largest = np.abs(scaled).max(axis=1, keepdims=True)
    spreads: FloatArray = np.ptp(scaled, axis=1, keepdims=True) / np.where(largest > 0, largest, 1.0)
    return spreads


def _exponent(values: FloatArray) -> int:
    return int(np.frexp(np.abs(values).max())[1])


def _row_exponents(rows: FloatArray) -> NDArray[np.intc]:
    exponents: NDArray[np.intc] = np.frexp(np.abs(rows).max(axis=1, keepdims=True))[1]
    return exponents
