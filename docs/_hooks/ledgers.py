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
    """Add a page and its numbers for every ``reports/reference/FOLDER/junit.xml``, in ``FOLDER``."""
    records = Path(config.config_file_path or "").parent / _RECORDS
    for report in sorted(records.rglob("junit.xml")):
        folder = report.parent.relative_to(records).as_posix()
        page, numbers = render_ledger(report)
        files.append(File.generated(config, f"{folder}/index.html", content=page))
        files.append(File.generated(config, f"{folder}/ledger.json", content=numbers))
    return files


def render_ledger(report: Path) -> tuple[str, str]:
    """Render a report as a page that holds its figures, and as the JSON to which the page links."""
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
        if main(["ledger", str(report), f"--output={folder}", "--figures=embed"]) != 0:
            raise PluginError(f"{report}: expected a report with claims")
        page, numbers = (Path(folder) / f"ledger.{suffix}" for suffix in ("html", "json"))
        return page.read_text(encoding="utf-8"), numbers.read_text(encoding="utf-8")
