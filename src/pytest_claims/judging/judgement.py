"""The fixture ``verdict``, which takes a claim's estimate and its figures from its test."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from pytest_claims.core.claim import Claim, variant_name
from pytest_claims.core.errors import BrokenMeasurementError, UninformativeMeasurementError
from pytest_claims.core.estimate import Estimate
from pytest_claims.core.figures import figure_stem, save_figure
from pytest_claims.core.verdict import Decision

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(eq=False)
class Judgement:
    """One claim on one body of evidence, while its test runs.

    Parameters
    ----------
    claim : to be judged
    evidence : the evidence's name; empty if the test brings its own
    figure_directory : where figures go; ``None`` if none are drawn
    parameters : of the test, besides the evidence; empty if there are none
    finish : called with each figure before it is saved
    figures_at : where the figures are that are not drawn, or how they are drawn; empty where all are
    """

    claim: Claim
    evidence: str
    figure_directory: Path | None
    parameters: str = ""
    finish: Callable[[Figure], object] | None = None
    figures_at: str = ""
    decision: Decision | None = field(default=None, init=False)
    figures: list[str] = field(default_factory=list, init=False)
    figure_errors: list[str] = field(default_factory=list, init=False)
    undrawn: bool = field(default=False, init=False)

    @property
    def variant(self) -> str:
        """The claim's id, with the parameters in brackets if there are any."""
        return variant_name(self.claim.id, self.parameters)

    def decide(self, estimate: Estimate) -> Decision:
        """Apply the claim's rule, once.

        Raises
        ------
        RuntimeError
            The claim was decided before: one test, one verdict.
        BrokenMeasurementError
            The estimate cannot carry a verdict.
        TypeError
            The rule returns no decision.
        """
        if self.decision is not None:
            raise RuntimeError(f"claim {self.claim.id} was decided twice; one test gives one verdict")
        decision = self.claim.rule.decide(estimate)
        if not isinstance(decision, Decision):
            kind = type(self.claim.rule).__name__
            raise TypeError(
                f"claim {self.claim.id}: expected a Decision of its rule {kind}, got {decision!r:.80}"
            )
        self.decision = decision
        return decision

    def uninformative(self, reason: str) -> NoReturn:
        """End the test without a verdict, as the instrument tells nothing here.

        Raises
        ------
        UninformativeMeasurementError
            Always.
        """
        raise UninformativeMeasurementError(reason)

    def figure(self, draw: Callable[..., Figure] | Figure, *args: Any, name: str = "", **kwargs: Any) -> None:
        """Draw a figure and put it beside the verdict.

        A figure that cannot be drawn is reported, and costs the claim neither its verdict nor its other
        figures.

        Parameters
        ----------
        draw : called with the remaining arguments, returns a Matplotlib figure (or such a figure)
        name : tells figures of one claim apart
        """
        if self.figure_directory is None:
            self.undrawn = True
            return
        name = str(name)
        stem = figure_stem(self.claim.id, self.evidence, name, self.parameters)
        try:
            if any(path.rpartition(".")[0].endswith(f"/{stem}") for path in self.figures):
                raise ValueError(f"two figures of this claim are named {name!r}")
            drawing = draw(*args, **kwargs) if callable(draw) else draw
            if self.finish is not None:
                self.finish(drawing)
            self.figures.extend(save_figure(drawing, self.figure_directory, stem))
        except Exception as error:  # whatever it raises, the numbers still stand
            self.figure_errors.append(f"figure {stem}: {type(error).__name__}: {error}")

    def final_decision(self) -> Decision:
        """Return the decision of the test.

        Raises
        ------
        BrokenMeasurementError
            The test ended without one.
        """
        if self.decision is None:
            raise BrokenMeasurementError(f"claim {self.claim.id}: the test ended without verdict.decide(...)")
        return self.decision
