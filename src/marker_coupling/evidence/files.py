"""Evidence from a file: a user's own table, or the evidence of an experiment."""

from __future__ import annotations

from collections.abc import Container
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
    return replace(ExperimentEvidence.read(path), name=file_evidence_name(path))


def file_evidence_name(path: Path) -> str:
    """Return the name of a file's evidence."""
    if path.name.endswith(EXPERIMENT_SUFFIX):
        path = path.with_name(path.name.removesuffix(EXPERIMENT_SUFFIX) + ".json")
    return evidence_name(path)


def unique_name(name: str, taken: Container[str]) -> str:
    """Return a name that is not taken: the given one, else the first free one with a number behind it."""
    candidates = chain([name], (f"{name}-{number}" for number in count(2)))
    return next(candidate for candidate in candidates if candidate not in taken)
