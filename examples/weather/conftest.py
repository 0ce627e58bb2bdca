# conftest.py: what there is to be judged
from dataclasses import dataclass

import pytest
from pytest_claims import EvidenceSource


@dataclass(frozen=True)
class Weather:
    rain_mm: tuple[float, ...]
    umbrellas: tuple[float, ...]
    determined_by: str = "station 12, 2024"  # the key of the record
    sha256: str = "not computed"
    properties = {"station": "12"}  # shown in the head of the ledger


@pytest.hookimpl(optionalhook=True)  # no error where the plugin is absent or off
def pytest_claims_evidence(config):
    weather = Weather((0, 4, 1, 9, 6, 2, 7, 3), (5, 30, 9, 62, 40, 21, 45, 22))
    yield EvidenceSource("station-12", frozenset({"rain_mm", "umbrellas"}), lambda: weather)
