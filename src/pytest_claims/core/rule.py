"""Decision rules: printable values that turn an estimate into a decision."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

from pytest_claims.core.verdict import Decision


@runtime_checkable
class Rule(Protocol):
    """A decision rule, fixed before the evidence is seen; ``str(rule)`` is its printable form.

    A significance level ``alpha`` is two-sided. A rule without a direction takes half of it, so that under
    no effect every rule says "supported" in at most 2.5% of samples at the default levels.
    """

    def decide(self, estimate: Any) -> Decision:
        """Return the verdict on an estimate, with its reason.

        Raises
        ------
        TypeError
            The estimate is not of the kind that the rule decides on.
        BrokenMeasurementError
            A number that the rule needs is missing or not finite, or any number of the estimate is NaN.
        """
        ...
