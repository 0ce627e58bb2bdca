"""The evidence that the claims are judged on: published numbers, tables of yours, and a model measured now."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from marker_coupling.evidence import Evidence, EvidenceError
from marker_coupling.evidence_table import evidence_name, read_evidence
from marker_coupling.published import NAME as PUBLISHED
from marker_coupling.published import load_published
from pytest_claims import BrokenEvidence, EvidenceSource

Source = EvidenceSource | BrokenEvidence
#: What a base model is measured on; the claims about it compare these with the published numbers.
MODEL_MEASURES = frozenset({"model_geometry", "model_divergence"})
DEFAULT_MODEL = "smollm2-135m"


def pytest_claims_evidence(config: pytest.Config) -> Iterator[Source]:
    yield _published(config)
    yield from _tables(config)
    yield from _model(config)


def pytest_claims_environment(config: pytest.Config) -> Mapping[str, str]:
    libraries = ("torch", "transformers") if _can_measure() else ()
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
    taken = {PUBLISHED, DEFAULT_MODEL}
    for given in config.getoption("evidence"):
        path = config.invocation_params.dir / given
        name, copy = evidence_name(path), 1
        while name in taken:
            copy += 1
            name = f"{evidence_name(path)}-{copy}"
        taken.add(name)
        try:
            yield _loaded(read_evidence(path), name)
        except EvidenceError as error:
            yield BrokenEvidence(name, str(error))


def _loaded(evidence: Evidence, name: str) -> EvidenceSource:
    return EvidenceSource(name, evidence.measures, lambda: evidence)


def _model(config: pytest.Config) -> Iterator[Source]:
    asked = config.getoption("base_model")
    if asked == "none" or (asked is None and not _can_measure()):
        return
    name = asked or DEFAULT_MODEL
    if not _can_measure():
        needed = "expected PyTorch and transformers: pip install 'marker-coupling[model]'"
        yield BrokenEvidence(name, f"--base-model {name}: {needed}")
        return
    yield _model_source(config, name)


def _model_source(config: pytest.Config, name: str) -> EvidenceSource:
    # Nothing here imports PyTorch before a claim asks for the model.
    from marker_coupling.base_model import BaseModelError, find_base_model, short_name
    from marker_coupling.store import ArtifactStore, StoreError, default_root
    from marker_coupling.study import StudyError, read_study

    here = config.invocation_params.dir
    artifacts, study = config.getoption("artifacts"), config.getoption("study")

    def load() -> object:
        from marker_coupling.probing import measured

        store = ArtifactStore(here / artifacts if artifacts else default_root())
        return measured(
            find_base_model(name, store),
            read_study(here / study if (here / study).exists() else config.rootpath / study),
            store,
            precision=config.getoption("precision"),
            device=config.getoption("device"),
            progress=_ProgressLine(config),
        )

    return EvidenceSource(short_name(name), MODEL_MEASURES, load, (BaseModelError, StoreError, StudyError))


def _can_measure() -> bool:
    return all(importlib.util.find_spec(name) for name in ("torch", "transformers"))


class _ProgressLine:
    """Says on the terminal how far a long measurement is, and how long it will still take."""

    def __init__(self, config: pytest.Config) -> None:
        self._reporter = config.pluginmanager.get_plugin("terminalreporter")
        self._started = time.perf_counter()

    def __call__(self, task: str, done: int, total: int) -> None:
        if self._reporter is None:
            return
        elapsed = time.perf_counter() - self._started
        left = elapsed / done * (total - done)
        end = "\n" if done == total else ""
        self._reporter.write(f"\r{task}: {done}/{total}, about {left:3.0f} s left {end}", flush=True)
