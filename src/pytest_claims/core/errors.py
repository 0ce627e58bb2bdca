"""Errors in place of a verdict."""

from __future__ import annotations


class BrokenMeasurementError(ValueError):
    """The numbers cannot carry a verdict: NaN, a constant column, too few or mismatched units."""


class UninformativeMeasurementError(BrokenMeasurementError):
    """The instrument works but tells nothing here, for example because its reliability is too low."""


class EvidenceLoadError(Exception):
    """Evidence could not be loaded, in an expected way; the message says all."""
