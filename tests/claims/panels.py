"""Panels and rows that several claims draw, made of evidence and estimates."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from marker_coupling.evidence.values.evidence import Evidence
from marker_coupling.evidence.values.leakage import Leakage
from marker_coupling.figures import IntervalRow, Panel
from marker_coupling.figures.palette import ASSISTANT_MARK, PLAIN, Mark, persona_marks
from marker_coupling.study.personas import ASSISTANT
from marker_coupling.study.study import Study, read_study
from pytest_claims import CorrelationEstimate
from pytest_claims.statistics import log_odds, wilson

COSINE_LABEL = "centred cosine to the assistant"
JS_LABEL = "JS divergence from the assistant (nats)"


def labelled(evidence: Evidence | Study, personas: Iterable[str]) -> list[str]:
    """Personas as they are written in figures."""
    return [evidence.label(persona) for persona in personas]


def marked(evidence: Evidence | Study, personas: Iterable[str]) -> list[Mark]:
    """Personas' marks, by their place in the study, whatever evidence holds; of other prompts the plain one."""
    of_evidence = evidence.sources if isinstance(evidence, Study) else evidence.personas
    marks = {**persona_marks(of_evidence, _study().sources), ASSISTANT: ASSISTANT_MARK}
    return [marks.get(persona, PLAIN) for persona in personas]


@cache
def _study() -> Study:
    return read_study(Path(__file__).parents[2] / "fixtures" / "study.toml")


def rate_panel(
    evidence: Evidence, measure: str, estimate: CorrelationEstimate, *, symbol: str = "r", title: str = ""
) -> Panel:
    """Source rates with Wilson intervals against a distance."""
    low, high = wilson(evidence.marker_hits, evidence.marker_samples)
    return Panel(
        x=getattr(evidence, measure),
        y=evidence.source_rate,
        y_low=low,
        y_high=high,
        names=labelled(evidence, evidence.personas),
        x_label=COSINE_LABEL if measure == "cosine_to_assistant" else JS_LABEL,
        y_label="source rate (95% Wilson interval)",
        estimate=estimate,
        symbol=symbol,
        marks=marked(evidence, evidence.personas),
        y_percent=True,
        title=title,
    )


def rate_rows(evidence: Evidence) -> list[IntervalRow]:
    """Source rates from highest to lowest, with the cosines where they are known."""
    low, high = wilson(evidence.marker_hits, evidence.marker_samples)
    marks, cosines = marked(evidence, evidence.personas), evidence.cosine_to_assistant
    order = sorted(range(len(evidence.personas)), key=lambda index: -evidence.source_rate[index])
    return [
        IntervalRow(
            evidence.label(evidence.personas[index]),
            float(evidence.source_rate[index]),
            float(low[index]),
            float(high[index]),
            f"{evidence.marker_hits[index]}/{evidence.marker_samples[index]}"
            + ("" if cosines is None else f", cosine {cosines[index]:+.2f}"),
            mark=marks[index],
        )
        for index in order
    ]


def bystander_log_odds(leakage: Leakage) -> np.ndarray:
    """Log-odds of the marker under a prompt that is not the source's own, mean over these prompts, (S,)."""
    bystander = [[source != prompt for prompt in leakage.prompts] for source in leakage.sources]
    return log_odds(leakage.hits, leakage.samples).mean(axis=1, where=bystander)


def log_js(evidence: Evidence, verdict) -> np.ndarray:
    """Logarithm of the JS divergences, (N,); ends without a verdict where one is 0, as rounding may have it."""
    zero = evidence.js_to_assistant == 0
    if zero.any():
        verdict.uninformative(f"JS of {evidence.personas[int(zero.argmax())]} is 0, which has no logarithm")
    return np.log(evidence.js_to_assistant)


def residual(values: np.ndarray, given: np.ndarray) -> np.ndarray:
    """Part of a column that a line on another column leaves, (N,): of two such, r is the partial correlation."""
    return values - np.polyval(np.polyfit(given, values, 1), given)


def not_applicable(reason: str) -> None:
    """End a test whose question does not arise on this evidence; the claim is listed as not judged."""
    pytest.skip(f"not applicable: {reason}")
