"""Hooks that a project implements in its ``conftest.py``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from pytest_claims.judging.evidence import BrokenEvidence, EvidenceSource


@pytest.hookspec
def pytest_claims_evidence(config: pytest.Config) -> Iterable[EvidenceSource | BrokenEvidence]:
    """Offer evidence for the claims beside or below this ``conftest.py``.

    Called once for each directory that holds claims. Under ``pytest-xdist`` every worker calls it, and
    all must give the same names in the same order.
    """
    raise NotImplementedError


@pytest.hookspec
def pytest_claims_figure(figure: Figure, label: str, facts: Mapping[str, str]) -> None:
    """Finish a figure of a claim before it is saved, such as by a heading.

    Called in the process that draws. A figure that an implementation fails on is reported as missing.

    Parameters
    ----------
    figure : as the claim's test made it
    label : of the evidence for people; empty if the test brings its own numbers
    facts : of the evidence, with its properties
    """
    raise NotImplementedError


@pytest.hookspec
def pytest_claims_environment(config: pytest.Config) -> Mapping[str, str]:
    """Add facts to the head of the ledger, such as the versions of libraries. Called on the controller."""
    raise NotImplementedError
