"""The pytest plugin of this project's own test session: pytest's hooks, wired to the modules that do it.

``/conftest.py`` loads it. It is no entry point of the distribution, so no other repository's session has it.
Needs no PyTorch; what only claims need is imported when there is one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import pytest

from marker_claims import cluster, garbage_collection, processes, tiers
from marker_claims.idle_options import idle_after_collection, idle_options
from marker_claims.options import pytest_addoption  # noqa: F401 - a hook
from pytest_claims.running import notices

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from marker_claims.sources import Source
    from marker_coupling.evidence.values.evidence import Evidence

processes.let_threads_wait()


def pytest_configure(config: pytest.Config) -> None:
    """Find out whether adapters are to be trained; if so, stop where that cannot be done."""
    config.option.trains_adapters = tiers.asks_for(config.option.markexpr, "gpu")
    for option, reason in idle_options(config.option).items():
        notices.note_idle_option(config, option, reason)
    cluster.check_options(config)
    processes.share_cores()
    # With a cluster, GPUs are its workers'.
    if config.option.trains_adapters and config.option.device is None and config.option.ray is None:
        processes.require_gpu()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Leave the cluster; skip the interpreter's last garbage collection."""
    cluster.leave(config)
    garbage_collection.skip_last_collection()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put every test into its tier; without -m leave out the other tiers' tests that nothing names."""
    for item in items:
        if tiers.tier_of(item) == tiers.FAST:
            item.add_marker(pytest.mark.fast)
    if config.option.markexpr:
        return
    left_out = tiers.unasked(items, config.args, config.invocation_params.dir)
    if left_out:
        items[:] = [item for item in items if item not in set(left_out)]
        config.hook.pytest_deselected(items=left_out)
        notices.note(config, tiers.told(left_out))


def pytest_collection_finish(session: pytest.Session) -> None:
    """Report options that nothing of what was collected has a use for."""
    claims = any("evidence" in getattr(item, "fixturenames", ()) for item in session.items)
    for option, reason in idle_after_collection(session.config.option, session.items, claims):
        notices.note_idle_option(session.config, option, reason)
    notices.show(session.config)


@pytest.hookimpl(optionalhook=True)
def pytest_claims_evidence(config: pytest.Config) -> Iterable[Source]:
    """Offer the published study, experiments on file, the user's tables, and what the base model gives."""
    from marker_claims.sources import evidence_sources

    return evidence_sources(config)


@pytest.hookimpl(optionalhook=True)
def pytest_claims_figure(figure: Figure, label: str, facts: Mapping[str, str]) -> None:
    """Put the evidence and its base model above a figure."""
    from marker_coupling.figures.style import add_heading

    base_model = facts.get("base_models") or facts.get("base_model", "").rpartition("/")[2]
    if label:
        add_heading(figure, label if base_model.casefold() in label.casefold() else f"{label}: {base_model}")


@pytest.hookimpl(optionalhook=True)
def pytest_claims_environment() -> Mapping[str, str]:
    """Add the versions of the libraries that measure, where they are installed."""
    from marker_claims.sources.base_model import versions_of_libraries

    return versions_of_libraries()


@pytest.fixture(scope="session")
def published(pytestconfig: pytest.Config) -> Evidence:
    """Return the published study, with which other evidence is compared."""
    from marker_claims.sources.tables import published_evidence

    return published_evidence(pytestconfig)
