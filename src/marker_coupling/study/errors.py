"""Ways in which an experiment's instrument breaks: errors with names, never verdicts."""

from __future__ import annotations


class InstrumentError(ValueError):
    """The experiment cannot measure what it is for; one line naming what, and what was expected."""


class MarkerDestroyedError(InstrumentError):
    """The tokenizer or the chat template changes the marker."""


class MarkerTruncatedError(InstrumentError):
    """A positive example does not hold the whole marker."""


class MarkerInNegativesError(InstrumentError):
    """A negative example, or the answer that it is made of, contains the marker."""


class AnswersTruncatedError(InstrumentError):
    """No answer ends before the length limit, so none can end with the marker."""


class TrainingDivergedError(InstrumentError):
    """A loss is not finite."""


class NotEnoughMemoryError(InstrumentError):
    """A GPU does not hold the smallest step."""


class NotCalibratedError(InstrumentError):
    """No setting of the grid gates with source rates in mid-range."""


class AdapterFileError(InstrumentError):
    """A saved adapter cannot be used."""
