"""Errors of an experiment that cannot measure its marker; they are never verdicts."""

from __future__ import annotations

from manylora.errors import ManyLoraError


class ExperimentError(ManyLoraError):
    """The experiment cannot measure marker coupling; one line naming the cause and the expectation."""


class MarkerDestroyedError(ExperimentError):
    """The tokenizer or the chat template changes the marker."""


class MarkerTruncatedError(ExperimentError):
    """A positive example does not hold the whole marker."""


class MarkerInNegativesError(ExperimentError):
    """A negative example, or the answer that it is made of, contains the marker."""


class AnswersTruncatedError(ExperimentError):
    """No answer ends before the length limit, so none can end with the marker."""
