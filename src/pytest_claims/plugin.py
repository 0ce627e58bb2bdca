"""The pytest plugin: options, and the wiring of pytest's hooks to the rooms where things are done."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_claims import collection, hookspecs, staging
from pytest_claims.execution import POLICY, RECORD, evidence, verdict
from pytest_claims.figures import PLACES
from pytest_claims.outcome import Policy
from pytest_claims.record import Record, RecordError, read_record
from pytest_claims.session import LedgerSession

__all__ = ["evidence", "verdict"]


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    """Declare the hooks of :mod:`pytest_claims.hookspecs`."""
    pluginmanager.add_hookspecs(hookspecs)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add options and ini values."""
    group = parser.getgroup("claims", "scientific claims")
    group.addoption(
        "--ledger",
        metavar="DIR",
        help="write the ledger (junit.xml, ledger.json, ledger.md, ledger.html, figures/) to DIR; "
        "an empty DIR writes none (default: ini value claims_ledger)",
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
        "--claims-record",
        action="store_true",
        help="put this run's verdicts on record (ini value claims_record) instead of comparing with it",
    )
    parser.addini("claims_ledger", "folder for the ledger, relative to the root; empty for none", default="")
    parser.addini("claims_ledger_figures", "figures of ledger.html: beside or embed", default="beside")
    parser.addini("claims_record", "file with the verdicts on record, relative to the root", default="")


def pytest_configure(config: pytest.Config) -> None:
    """Read the record; in the process that reports, prepare the ledger."""
    config.addinivalue_line("markers", "claim(claim): judges a scientific claim; see pytest_claims.claim")
    record_path = _under_root(config, config.getini("claims_record"))
    recording = config.getoption("claims_record")
    if recording and record_path is None:
        raise pytest.UsageError("--claims-record: expected the ini value claims_record to name a file")
    try:
        record = read_record(record_path) if record_path is not None else Record()
    except RecordError as error:
        if not recording:
            raise pytest.UsageError(str(error)) from error
        record = Record()
    config.stash[RECORD] = record
    config.stash[POLICY] = Policy(strict=config.getoption("claims_strict"), recording=recording)
    workerinput = getattr(config, "workerinput", None)
    if workerinput is not None:
        if "claims_staging" in workerinput:
            config.stash[staging.STAGING] = Path(workerinput["claims_staging"])
        return
    chosen = config.getoption("ledger")
    ledger = _under_root(config, config.getini("claims_ledger")) if chosen is None else _given(config, chosen)
    figures = config.getoption("ledger_figures") or config.getini("claims_ledger_figures")
    if figures not in PLACES:
        raise pytest.UsageError(f"ini value claims_ledger_figures: expected beside or embed, got {figures!r}")
    rewrite = (record_path, record) if recording and record_path is not None else None
    config.pluginmanager.register(LedgerSession(config, ledger, figures == "embed", rewrite), "claims-ledger")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run each claim on every evidence that can feed it."""
    collection.parametrize(metafunc)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(
    session: pytest.Session, config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Keep the claims that can be judged and add errors for what cannot."""
    if collection.arrange(session, config, items):
        from pytest_claims import judging_hooks

        config.pluginmanager.register(judging_hooks, "claims-judging")


def pytest_collection_finish(session: pytest.Session) -> None:
    """Note which claims will be judged, before anything can crash."""
    collection.note_collected(session)


@pytest.hookimpl(tryfirst=True)
def pytest_report_teststatus(
    report: pytest.CollectReport | pytest.TestReport,
) -> tuple[str, str, str] | None:
    """Show a broken measurement as an error, also when it broke in the test itself."""
    if getattr(report, "claim_error", False):
        return "error", "E", "ERROR"
    return None


def _under_root(config: pytest.Config, value: str) -> Path | None:
    return config.rootpath / value if value else None


def _given(config: pytest.Config, value: str) -> Path | None:
    return config.invocation_params.dir / value if value else None
