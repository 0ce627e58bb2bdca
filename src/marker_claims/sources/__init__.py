"""Evidence sources: published numbers, what is on file, a base model measured and trained."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from marker_claims.sources.base_model import base_model_sources
from marker_claims.sources.calibrations import calibration_sources
from marker_claims.sources.paths import given_path
from marker_claims.sources.registered import registered_sources
from marker_claims.sources.tables import published_source, registered_files, table_sources
from pytest_claims import BrokenEvidence, EvidenceSource

Source = EvidenceSource | BrokenEvidence


def evidence_sources(config: pytest.Config) -> Iterator[Source]:
    """Yield every source that the options of a run ask for, the published study first."""
    yield published_source(config)
    yield from table_sources(config)
    yield from calibration_sources(config)
    registered = config.getoption("registration")
    yield from registered_sources(
        config, registered_files(config), None if registered is None else given_path(config, registered)
    )
    yield from base_model_sources(config)
