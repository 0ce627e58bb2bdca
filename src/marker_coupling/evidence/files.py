"""Evidence from a file: a table of yours, or all that an experiment found."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from marker_coupling.evidence.tables.evidence_table import evidence_name, read_evidence
from marker_coupling.evidence.values.evidence import Evidence
from marker_coupling.evidence.values.experiment_evidence import ExperimentEvidence

#: How the name of a file ends that holds an experiment's evidence.
EXPERIMENT_SUFFIX = ".evidence.json"


def read_evidence_file(path: Path) -> Evidence:
    """Read evidence, named after its file.

    Parameters
    ----------
    path : ends in .evidence.json, or is a table that `evidence_table.read_evidence` reads

    Raises
    ------
    EvidenceError
        One line naming the file, the place, and what was expected there.
    """
    if not path.name.endswith(EXPERIMENT_SUFFIX):
        return read_evidence(path)
    return replace(ExperimentEvidence.read(path), name=file_evidence_name(path))


def file_evidence_name(path: Path) -> str:
    """Return what a file's evidence is called."""
    if path.name.endswith(EXPERIMENT_SUFFIX):
        path = path.with_name(path.name.removesuffix(EXPERIMENT_SUFFIX) + ".json")
    return evidence_name(path)
