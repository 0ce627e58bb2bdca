"""Leak of the marker to other personas' prompts, against the cosine of source and bystander."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from marker_coupling.analysis.exploratory.crossed_cells import CrossedCells, crossed_cells
from marker_coupling.evidence.values.study_evidence import FIXED_PROMPTS, StudyEvidence


def leak_cells(evidence: StudyEvidence) -> CrossedCells:
    """Return the forced log-odds under bystanders' prompts, and the cosines, given adapter and prompt.

    A bystander's prompt is a prompt of its seed: the seed's negatives decide in part how readily the marker
    comes under it.

    Raises
    ------
    AnalysisError
        As :func:`.crossed_cells`.
    """
    forced = evidence.forced_log_odds[..., FIXED_PROMPTS:]
    return crossed_cells(forced, evidence.bystander_cosine, evidence.bystanders)


def pair_names(evidence: StudyEvidence, cells: CrossedCells) -> list[str]:
    """Name every cell by source and bystander, in the order of the flattened cells."""
    names: Sequence[str] = [name.replace("_", " ") for name in evidence.personas]
    _, sources, _ = np.indices(cells.prompt.shape)
    pairs = zip(sources.ravel().tolist(), cells.prompt.ravel().tolist(), strict=True)
    return [f"{names[source]} → {names[prompt]}" for source, prompt in pairs]
