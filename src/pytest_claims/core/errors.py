"""Errors that stand where no verdict can."""

from __future__ import annotations


class BrokenMeasurementError(ValueError):
    """The numbers cannot carry a verdict: NaN, a constant column, too few or mismatched units."""


class UninformativeMeasurementError(BrokenMeasurementError):
    """The instrument works but tells nothing here, for example because its reliability is too low."""


class EvidenceLoadError(Exception):
    """An evidence source failed in an expected way; the message is all there is to say."""
