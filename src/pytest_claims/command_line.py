"""``python -m pytest_claims``: render a ledger, compare two runs, follow claims over many of them."""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from pytest_claims.core.figures import PLACES
from pytest_claims.junit.reader import DEFAULT_LIMIT_MIB
from pytest_claims.junit.suite import JUnitError
from pytest_claims.ledger.comparison import compare
from pytest_claims.ledger.folder import add_documents
from pytest_claims.ledger.history import history_of, report_files
from pytest_claims.ledger.ledger import Ledger
from pytest_claims.ledger.mark import LedgerFolderError, is_page
from pytest_claims.ledger.reader import read_ledger
from pytest_claims.rendering.comparison import comparison_as_html, comparison_as_text
from pytest_claims.rendering.documents import render_documents
from pytest_claims.rendering.history import history_as_html, history_as_text
from pytest_claims.rendering.markdown import as_markdown

_SAME, _CHANGED, _NOT_COMPARED = 0, 1, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit status."""
    given = _parser().parse_args(arguments)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal that lacks a sign shows its number
            stream.reconfigure(errors="backslashreplace")
    try:
        status: int = given.run(given)
        sys.stdout.flush()
        return status
    except JUnitError as error:
        print(f"error: {error}", file=sys.stderr)
    except BrokenPipeError:  # of a pager that was closed, say
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except LedgerFolderError as error:
        print(f"error: {given.output}: {error}", file=sys.stderr)
    except OSError as error:
        path = error.filename or given.output
        print(f"error: {path}: expected a place that can be written: {error.strerror}", file=sys.stderr)
    return int(given.failed)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m pytest_claims", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument(
        "--limit-mib",
        type=_whole_number,
        default=DEFAULT_LIMIT_MIB,
        metavar="N",
        help="refuse reports larger than this (default: %(default)s)",
    )

    ledger = commands.add_parser(
        "ledger", parents=[common], help="write ledger.json, ledger.md and ledger.html"
    )
    ledger.add_argument("report", type=Path, metavar="junit.xml", help="a JUnit report with claims")
    ledger.add_argument("--output", type=Path, metavar="DIR", help="where to (default: beside the report)")
    ledger.add_argument(
        "--figures",
        choices=PLACES,
        default="beside",
        help="the page shows the figures beside it, or embeds them to be one file (default: %(default)s)",
    )
    ledger.set_defaults(run=_ledger, failed=1)

    summary = commands.add_parser(
        "summary", parents=[common], help="print the ledger as Markdown for a CI job's summary, up to 1 MB"
    )
    summary.add_argument("report", type=Path, metavar="junit.xml", help="a JUnit report with claims")
    summary.set_defaults(run=_summary, failed=1, output=None)

    diff = commands.add_parser(
        "diff",
        parents=[common],
        help="say what changed between two runs",
        description="Exit status: 0 the same, 1 changed, 2 could not compare.",
    )
    diff.add_argument("old", type=Path, metavar="OLD.xml")
    diff.add_argument("new", type=Path, metavar="NEW.xml")
    diff.add_argument("--html", type=Path, dest="output", metavar="FILE", help="write a page as well")
    diff.set_defaults(run=_diff, failed=_NOT_COMPARED)

    history = commands.add_parser(
        "history", parents=[common], help="draw each claim's estimate and verdict over many runs"
    )
    history.add_argument(
        "reports", type=Path, nargs="+", metavar="DIR_OR_XML", help="reports, or folders of reports"
    )
    history.add_argument(
        "--html",
        type=Path,
        dest="output",
        default=Path("history.html"),
        metavar="FILE",
        help="where the page goes (default: %(default)s)",
    )
    history.set_defaults(run=_history, failed=1)
    return parser


def _ledger(given: argparse.Namespace) -> int:
    report: Path = given.report
    given.output = output = given.output or report.parent
    ledger = _read(report, given.limit_mib)
    embed_from = report.parent if given.figures == "embed" else None
    figures = {} if embed_from is not None else _figures_elsewhere(ledger, report.parent, output)
    documents = render_documents(ledger, embed_from)
    add_documents(output, documents, figures, ledger.judged)
    for name in documents:
        print(output / name)
    return 0


def _figures_elsewhere(ledger: Ledger, source: Path, output: Path) -> dict[str, Path]:
    """Return the figures to copy beside the page; the page itself reports those that are missing."""
    root = source.resolve()
    if output.resolve() == root:
        return {}
    files = {path: (root / path).resolve() for entry in ledger.entries for path in entry.figures}
    # A link may lead out of the folder.
    return {path: file for path, file in files.items() if file.is_relative_to(root) and file.is_file()}


def _summary(given: argparse.Namespace) -> int:
    text = as_markdown(_read(given.report, given.limit_mib), figures=False)
    sys.stdout.buffer.write(text.encode())  # whatever the terminal's encoding is
    return 0


def _diff(given: argparse.Namespace) -> int:
    old, new = (_read(path, given.limit_mib) for path in (given.old, given.new))
    comparison = compare(old, new)
    names = (str(given.old), str(given.new))
    print(comparison_as_text(comparison, *names))
    if given.output is not None:
        _write(given.output, comparison_as_html(comparison, *names))
    if comparison.changed:
        return _CHANGED
    if comparison.incomplete:
        print("could not compare: the same as far as the reports can be read", file=sys.stderr)
        return _NOT_COMPARED
    return _SAME


def _history(given: argparse.Namespace) -> int:
    ledgers: dict[str, Ledger] = {}
    refused: list[str] = []
    for path in report_files(given.reports):
        try:
            ledgers[str(path)] = _read(path, given.limit_mib)
        except JUnitError as error:
            refused.append(str(error))
            print(f"left out: {error}", file=sys.stderr)
    if not ledgers:
        raise JUnitError(f"{given.reports[0]}: expected JUnit reports with claims, found none")
    history = history_of(ledgers, refused)
    print(history_as_text(history))
    _write(given.output, history_as_html(history))
    return 0


def _read(path: Path, limit_mib: int) -> Ledger:
    ledger = read_ledger(path, limit_mib)
    for sentence in ledger.left_out:
        print(f"{path}: left out: {sentence}", file=sys.stderr)
    return ledger


def _write(path: Path, page: str) -> None:
    if path.is_file() and not is_page(path):
        raise LedgerFolderError("it is not a page of ours, and stays as it is; name another file")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page, encoding="utf-8")
    print(f"page: {path}")


def _whole_number(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and 0 < int(text) < 10**6):
        raise argparse.ArgumentTypeError(f"expected a whole number from 1, got {text!r:.40}")
    return int(text)
