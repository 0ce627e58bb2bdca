"""The evidence that the claims are judged on: published numbers, runs and tables on file, a model measured."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from marker_coupling.evidence.files import EXPERIMENT_SUFFIX, file_evidence_name, read_evidence_file
from marker_coupling.evidence.published import NAME as PUBLISHED
from marker_coupling.evidence.published import load_published
from marker_coupling.evidence.values.evidence import Evidence, EvidenceError
from pytest_claims import BrokenEvidence, EvidenceSource

from .sources import DEFAULT_MODEL, Source, can_measure, given_path, model_sources


@pytest.hookimpl(optionalhook=True)
def pytest_claims_evidence(config: pytest.Config) -> Iterator[Source]:
    published = _published(config)
    yield published
    yield from _tables(config)
    evidence = published.load() if isinstance(published, EvidenceSource) else None
    yield from model_sources(config, evidence, config.getoption("trains_adapters"))


@pytest.hookimpl(optionalhook=True)
def pytest_claims_environment(config: pytest.Config) -> Mapping[str, str]:
    libraries = ("torch", "transformers") if can_measure() else ()
    return {f"version.{name}": importlib.metadata.version(name) for name in libraries}


@pytest.fixture(scope="session")
def published(request: pytest.FixtureRequest) -> Evidence:
    """The published study, with which other evidence is compared."""
    return load_published(_fixtures(request.config))


def _fixtures(config: pytest.Config) -> Path:
    return config.rootpath / "fixtures" / "published"


def _published(config: pytest.Config) -> Source:
    try:
        return _loaded(load_published(_fixtures(config)), PUBLISHED)
    except EvidenceError as error:
        return BrokenEvidence(PUBLISHED, str(error))


def _tables(config: pytest.Config) -> Iterator[Source]:
    given = [given_path(config, path) for path in config.getoption("evidence")]
    on_file = _reference_runs(config)
    taken = {PUBLISHED, DEFAULT_MODEL}
    for path in (*on_file, *given):
        name, copy = file_evidence_name(path), 1
        while name in taken:
            copy += 1
            name = f"{file_evidence_name(path)}-{copy}"
        taken.add(name)
        try:
            yield _loaded(read_evidence_file(path), name, has_figures=path not in on_file)
        except EvidenceError as error:
            yield BrokenEvidence(name, str(error))


def _reference_runs(config: pytest.Config) -> list[Path]:
    """Return the files of experiments that were run before, whose verdicts are on record."""
    return sorted((config.rootpath / "reports" / "reference").glob(f"*/*/*{EXPERIMENT_SUFFIX}"))


def _loaded(evidence: Evidence, name: str, has_figures: bool = True) -> EvidenceSource:
    return EvidenceSource(name, evidence.measures, lambda: evidence, has_figures=has_figures)
