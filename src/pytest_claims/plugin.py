"""The pytest plugin: options, hooks and fixtures, which call the rooms.

pytest imports this module in every run of every project where the package is installed. What only claims need
is imported when there is one.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_claims import hookspecs
from pytest_claims.core.figures import PLACES
from pytest_claims.running import staging
from pytest_claims.running.closing_words import ClosingWords
from pytest_claims.running.notices import Notices, note_idle_option
from pytest_claims.running.path_options import pytest_load_initial_conftests  # noqa: F401 - a hook
from pytest_claims.running.run import Run
from pytest_claims.running.session import LedgerSession

if TYPE_CHECKING:
    from pytest_claims.judging.judgement import Judgement

_JUDGING = "claims-judging"
_ASKS_FOR_EVIDENCE = pytest.StashKey[bool]()


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    """Declare the hooks of :mod:`pytest_claims.hookspecs`."""
    pluginmanager.add_hookspecs(hookspecs)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add options and ini values."""
    group = parser.getgroup("claims", "scientific claims")
    group.addoption(
        "--ledger",
        metavar="DIR",
        help="write the ledger (junit.xml, ledger.json, ledger.md, ledger.html, figures/) to DIR: a new or "
        "empty folder, or that of an earlier ledger; an empty name writes none (default: ini value "
        "claims_ledger)",
    )
    group.addoption(
        "--ledger-figures",
        choices=PLACES,
        help="ledger.html shows the figures that lie beside it, or embeds them to be one file on its own "
        "(default: ini value claims_ledger_figures, else beside)",
    )
    group.addoption(
        "--claims-strict", action="store_true", help="an inconclusive claim fails instead of xfailing"
    )
    group.addoption(
        "--claims-report-only",
        action="store_true",
        help="a refuted claim is a finding, which is reported and fails nothing; what is broken, and what "
        "differs from its record, still fails (default: ini value claims_report_only)",
    )
    group.addoption(
        "--claims-record",
        action="store_true",
        help="put this run's verdicts on record (ini value claims_record) instead of comparing with it",
    )
    parser.addini("claims_ledger", "folder for the ledger, relative to the root; empty for none", default="")
    parser.addini("claims_ledger_figures", "figures of ledger.html: beside or embed", default="beside")
    parser.addini("claims_report_only", "true: refuted claims fail nothing", type="bool", default=False)
    parser.addini(
        "claims_terms", "TOML file that defines the claims' words, relative to the root", default=""
    )
    parser.addini("claims_record", "file with the verdicts on record, relative to the root", default="")


def pytest_configure(config: pytest.Config) -> None:
    """Read the record; in the process that reports, prepare the ledger."""
    config.addinivalue_line("markers", "claim(claim): judges a scientific claim; see pytest_claims.claim")
    if config.getoption("claims_strict") and config.getoption("claims_report_only"):
        raise pytest.UsageError(
            "--claims-strict, --claims-report-only: expected one of them: verdicts fail or are only reported"
        )
    config.pluginmanager.register(Notices(), "claims-notices")
    record_path = _path(config.rootpath, config.getini("claims_record"))
    recording = config.getoption("claims_record")
    if recording and record_path is None:
        raise pytest.UsageError("--claims-record: expected the ini value claims_record to name a file")
    if record_path is not None:
        from pytest_claims.running.recording import load_record

        load_record(config, record_path, recording)
    if (terms_path := _path(config.rootpath, config.getini("claims_terms"))) is not None:
        from pytest_claims.running.terms import load_terms

        load_terms(config, terms_path)
    workerinput = getattr(config, "workerinput", None)
    if workerinput is not None:
        if "claims_staging" in workerinput:
            directory, draws = workerinput["claims_staging"]
            config.stash[staging.STAGING], config.stash[staging.DRAWS] = Path(directory), draws
        return
    chosen = config.getoption("ledger")
    if chosen is None:
        ledger = _path(config.rootpath, config.getini("claims_ledger"))
    else:
        ledger = _path(config.invocation_params.dir, chosen)
    figures = config.getoption("ledger_figures") or config.getini("claims_ledger_figures")
    if figures not in PLACES:
        raise pytest.UsageError(f"ini value claims_ledger_figures: expected beside or embed, got {figures!r}")
    if ledger is None and config.getoption("ledger_figures"):
        reason = "without a ledger: give --ledger=DIR or the ini value claims_ledger"
        note_idle_option(config, "--ledger-figures", reason)
    asked_by = "ini value claims_ledger" if chosen is None else "--ledger"
    run = Run(config, ledger, figures == "embed", record_path if recording else None)
    config.pluginmanager.register(LedgerSession(run, asked_by), "claims-ledger")
    config.pluginmanager.register(ClosingWords(), "claims-closing-words")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run each claim on all evidence that has the measures it needs."""
    if "evidence" in metafunc.fixturenames:
        if metafunc.definition.get_closest_marker("claim") is None:
            return  # the fixture may be a project's own, for ordinary tests
        from pytest_claims.running.collection import parametrize

        metafunc.config.stash[_ASKS_FOR_EVIDENCE] = True
        parametrize(metafunc)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(
    session: pytest.Session, config: pytest.Config, items: list[pytest.Item]
) -> Generator[None]:
    """Keep claims that can be judged, add errors for those that cannot, and note deselected ones."""
    # Evidence that is broken is an error even where every claim was deselected.
    asked = config.stash.get(_ASKS_FOR_EVIDENCE, False)
    if not asked and not any(item.get_closest_marker("claim") for item in items):
        return (yield)
    from pytest_claims.running.collection import arrange

    before = list(items)
    yield
    arrange(session, config, before, items)
    hooks = importlib.import_module("pytest_claims.running.execution")
    config.pluginmanager.register(hooks, _JUDGING)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Note the claims to judge, before anything can crash."""
    if session.config.pluginmanager.has_plugin(_JUDGING):
        from pytest_claims.running.collection import note_items

        note_items(session)


@pytest.hookimpl(tryfirst=True)
def pytest_report_teststatus(
    report: pytest.CollectReport | pytest.TestReport,
) -> tuple[str, str, str] | None:
    """Show a broken measurement as an error, also when it broke in the test itself."""
    if report.failed and getattr(report, "claim_error", False):
        return "error", "E", "ERROR"
    return None


@pytest.fixture(scope="session")
def evidence(request: pytest.FixtureRequest) -> Any:
    """Load the evidence that the claim is judged on, from the hook ``pytest_claims_evidence``."""
    from pytest_claims.running.execution import load_evidence

    return load_evidence(request)


@pytest.fixture
def verdict(request: pytest.FixtureRequest) -> Judgement:
    """Take the claim's estimate (``verdict.decide``) and its figures (``verdict.figure``)."""
    from pytest_claims.running.execution import begin_judgement

    return begin_judgement(request)


def _path(folder: Path, value: str) -> Path | None:
    # A shell leaves '~' after '=' as it is; this never raises.
    return folder / os.path.expanduser(value) if value else None  # noqa: PTH111
