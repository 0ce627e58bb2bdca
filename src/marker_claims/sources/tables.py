"""Sources on file: the published study, experiments on record, and tables of the user's own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from marker_claims.sources.paths import given_path, path_within
from marker_coupling.evidence.files import (
    EXPERIMENT_SUFFIX,
    file_evidence_name,
    read_evidence_file,
    unique_name,
)
from marker_coupling.evidence.published import NAME as PUBLISHED
from marker_coupling.evidence.published import load_published
from marker_coupling.evidence.values.evidence import Evidence, EvidenceError
from marker_coupling.evidence.values.study_evidence import STUDY_SUFFIX
from marker_coupling.pipeline.plan.base_models import SMOLLM2
from pytest_claims import BrokenEvidence, EvidenceSource, Origin

_LOADED = pytest.StashKey[Evidence]()


def published_evidence(config: pytest.Config) -> Evidence:
    """Return the published study, read once in a session.

    Raises
    ------
    EvidenceError
        One of its files is missing or malformed.
    """
    if _LOADED not in config.stash:
        config.stash[_LOADED] = load_published(config.rootpath / "fixtures" / "published")
    return config.stash[_LOADED]


def published_source(config: pytest.Config) -> EvidenceSource | BrokenEvidence:
    """Return the published study as a source."""
    try:
        evidence = published_evidence(config)
        label = f"published study, {evidence.properties['base_model'].rpartition('/')[2]}"
        return _source(PUBLISHED, evidence, Origin.PUBLISHED, label, "fixtures/published")
    except EvidenceError as error:
        return BrokenEvidence(PUBLISHED, str(error))


def table_sources(config: pytest.Config) -> Iterator[EvidenceSource | BrokenEvidence]:
    """Yield the experiments on record, then the tables of ``--evidence``, each under a name of its own."""
    registered = registered_files(config)
    given = [path for path in _given_files(config) if path not in registered]
    # One that is given is judged once, and drawn.
    on_record = [path for path in experiments_on_record(config) if path not in given]
    taken = {PUBLISHED, SMOLLM2}
    for path in (*on_record, *given):
        name = unique_name(file_evidence_name(path), taken)
        taken.add(name)
        try:
            evidence = _labelled(config, read_evidence_file(path))
            is_experiment = path.name.endswith(EXPERIMENT_SUFFIX)
            origin = Origin.ON_FILE if is_experiment else Origin.OWN_TABLE
            label = _experiment_label(evidence) if path in on_record else ""
            # Of what is on record only the headline is drawn, to save time; the rest where it is asked for.
            files = path_within(config, path)
            figures_at = f"drawn with --evidence={files}" if path in on_record else ""
            yield _source(name, evidence, origin, label, files, figures_at)
        except EvidenceError as error:
            yield BrokenEvidence(name, str(error))


def _labelled(config: pytest.Config, evidence: Evidence) -> Evidence:
    """Return evidence with the labels of the published study's personas, which files do not tell."""
    try:
        known = published_evidence(config).labels
    except EvidenceError:  # a broken source of its own
        return evidence
    labels = {persona: known[persona] for persona in evidence.personas if persona in known}
    return replace(evidence, labels={**labels, **evidence.labels})


def registered_files(config: pytest.Config) -> list[Path]:
    """Return the files of ``--evidence`` that hold evidence of a registered study."""
    return [path for path in _given_files(config) if path.name.endswith(STUDY_SUFFIX)]


def _given_files(config: pytest.Config) -> list[Path]:
    return [given_path(config, path) for path in config.getoption("evidence")]


def experiments_on_record(config: pytest.Config) -> list[Path]:
    """Return the files of experiments that were run before, whose verdicts are on record."""
    return sorted((config.rootpath / "reports" / "reference").glob(f"*/*/*{EXPERIMENT_SUFFIX}"))


def _experiment_label(evidence: Evidence) -> str:
    """Return the name of an experiment for people: "original" is its recipe, and no run is the study."""
    facts = evidence.properties
    if not {"base_model", "recipe", "seed"} <= facts.keys():
        return ""
    return f"{facts['base_model']}, recipe “{facts['recipe'].partition(',')[0]}”, seed {facts['seed']}"


def _source(
    name: str, evidence: Evidence, origin: Origin, label: str, files: str, figures_at: str = ""
) -> EvidenceSource:
    return EvidenceSource(
        name, evidence.measures, lambda: evidence,
        has_figures=not figures_at, figures_at=figures_at, origin=origin, label=label, files=files,
    )  # fmt: skip
