"""What every rule is."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

from pytest_claims.verdict import Decision


@runtime_checkable
class Rule(Protocol):
    """A decision rule, fixed before the evidence is seen; ``str(rule)`` is its printable form."""

    def decide(self, estimate: Any) -> Decision:
        """Return the verdict on an estimate, with its reason."""
        ...
