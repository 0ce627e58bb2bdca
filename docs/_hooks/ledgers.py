"""Pages of the ledgers on record, each rendered from its JUnit report into one file."""

from __future__ import annotations

import contextlib
import io
import tempfile
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files

from pytest_claims.command_line import main

_RECORDS = "reports/reference"


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add ``FOLDER/index.html`` for every report ``reports/reference/FOLDER/junit.xml``."""
    records = Path(config.config_file_path or "").parent / _RECORDS
    for report in sorted(records.rglob("junit.xml")):
        folder = report.parent.relative_to(records).as_posix()
        files.append(File.generated(config, f"{folder}/index.html", content=ledger_page(report)))
    return files


def ledger_page(report: Path) -> str:
    """Render a report as a page that holds its figures."""
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
        if main(["ledger", str(report), f"--output={folder}", "--figures=embed"]) != 0:
            raise PluginError(f"{report}: expected a report with claims")
        return (Path(folder) / "ledger.html").read_text(encoding="utf-8")
