"""Agreement of two measurements of the same units: intraclass correlation and limits of agreement."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from pytest_claims.core.estimate import Estimate
from pytest_claims.statistics.arithmetic.arrays import columns
from pytest_claims.statistics.arithmetic.coefficient import Z_95
from pytest_claims.statistics.arithmetic.deviations import FloatArray, deviations


def absolute_agreement(first: ArrayLike, second: ArrayLike) -> Estimate:
    r"""Intraclass correlation ICC(A,1) of two measurements: 1 only where they give the same numbers.

    Unlike Pearson's r it falls with a constant difference and with a difference of scale.

    Parameters
    ----------
    first, second : (n,) float in the same unit, n >= 4

    Returns
    -------
    Estimate
        Its detail gives the mean difference, first less second, and the 95% limits of agreement (Bland and
        Altman 1986), within which the differences of 95% of units are expected, each in the unit.

    Raises
    ------
    BrokenMeasurementError
        As :func:`pytest_claims.statistics.pearson`.

    Notes
    -----
    With mean squares of rows, columns and error of the n x 2 table,

    .. math:: \frac{MS_R - MS_E}{MS_R + MS_E + \frac{2}{n} (MS_C - MS_E)},

    with the interval of case 2A in McGraw and Wong (1996, doi:10.1037/1082-989X.1.1.30), by Satterthwaite's
    degrees of freedom.
    """
    table = np.stack(columns(first=first, second=second), axis=1)
    n = len(table)
    centred = deviations(table.ravel())
    at_unit = centred.values.reshape(n, 2)
    rows, judges, error = _mean_squares(at_unit)
    value = (rows - error) / (rows + error + 2 * (judges - error) / n)
    low, high = _interval(rows, judges, error, n)
    difference = at_unit[:, 0] - at_unit[:, 1]
    mean, half = np.ldexp([difference.mean(), Z_95 * difference.std(ddof=1)], centred.exponent)
    limits = f"95% limits of agreement {mean - half:+.2f} to {mean + half:+.2f}"
    return Estimate(
        "intraclass correlation ICC(A,1)", value, n, ci_low=low, ci_high=high,
        detail=f"mean difference {mean:+.2f}, {limits}",
    )  # fmt: skip


def _mean_squares(table: FloatArray) -> tuple[float, float, float]:
    """Return the mean squares between rows, between the two columns, and of the error.

    Parameters
    ----------
    table : (n, 2) in a unit in which squares neither overflow nor vanish
    """
    n = len(table)
    grand, by_row, by_column = table.mean(), table.mean(axis=1), table.mean(axis=0)
    rows = 2 * float(((by_row - grand) ** 2).sum()) / (n - 1)
    judges = n * float(((by_column - grand) ** 2).sum())
    residual = table - by_row[:, None] - by_column + grand
    return rows, judges, float((residual**2).sum()) / (n - 1)


def _interval(rows: float, judges: float, error: float, n: int) -> tuple[float, float]:
    if error <= 1e-24 * rows and judges <= 1e-24 * rows:
        return 1.0, 1.0  # the same numbers twice
    icc = min(1 - 1e-12, (rows - error) / (rows + error + 2 * (judges - error) / n))
    a = 2 * icc / (n * (1 - icc))
    b = 1 + 2 * icc * (n - 1) / (n * (1 - icc))
    between, within = a * judges, b * error
    # Without a difference between the columns the error's own degrees of freedom are left, also where b is 0.
    degrees = (between + within) ** 2 / (between**2 + within**2 / (n - 1)) if between else n - 1
    f_low, f_high = special.fdtri(n - 1, degrees, 0.975), special.fdtri(degrees, n - 1, 0.975)
    low = n * (rows - f_low * error) / (f_low * (2 * judges + (n - 2) * error) + n * rows)
    high = n * (f_high * rows - error) / (2 * judges + (n - 2) * error + n * f_high * rows)
    # With two measurements it may fall below -1; the ends meet where rows do not differ.
    return float(min(low, high)), min(1.0, float(high))
