"""Evidence from a file: a user's own table, or the evidence of an experiment."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import replace
from itertools import chain, count
from pathlib import Path

from marker_coupling.evidence.tables.evidence_table import evidence_name, read_evidence
from marker_coupling.evidence.values.evidence import Evidence
from marker_coupling.evidence.values.experiment_evidence import ExperimentEvidence

#: Suffix of a file with an experiment's evidence.
EXPERIMENT_SUFFIX = ".evidence.json"


def read_evidence_file(path: Path) -> Evidence:
    """Read evidence, named after its file.

    Parameters
    ----------
    path : ends in .evidence.json, or is a table that `evidence_table.read_evidence` reads

    Raises
    ------
    EvidenceError
        One line naming the file, the position in it, and the expectation.
    """
    if not path.name.endswith(EXPERIMENT_SUFFIX):
        return read_evidence(path)
    return replace(without_chosen_layer(ExperimentEvidence.read(path)), name=file_evidence_name(path))


def without_chosen_layer(evidence: ExperimentEvidence) -> ExperimentEvidence:
    """Return evidence on whose cosines nothing is judged if an earlier version took them from a chosen layer.

    That layer was the most reliable between wordings, which is no sign of validity: it may see words alone.
    """
    measurement = evidence.provenance.get("measurement")
    layer = measurement.get("primary_layer") if isinstance(measurement, Mapping) else None
    if layer is None:
        return evidence
    reason = (
        f"cosines are those of layer {layer!s:.20}, chosen by an earlier version; measure them again with "
        "python -m marker_coupling.pipeline cosines"
    )
    return replace(evidence, uninformative={**evidence.uninformative, "cosine_to_assistant": reason})


def file_evidence_name(path: Path) -> str:
    """Return the name of a file's evidence."""
    if path.name.endswith(EXPERIMENT_SUFFIX):
        path = path.with_name(path.name.removesuffix(EXPERIMENT_SUFFIX) + ".json")
    return evidence_name(path)


def unique_name(name: str, taken: Container[str]) -> str:
    """Return a name that is not taken: the given one, else the first free one with a number behind it."""
    candidates = chain([name], (f"{name}-{number}" for number in count(2)))
    return next(candidate for candidate in candidates if candidate not in taken)
