"""Reports that are committed point to nothing that is missing, and hold no figure that nothing shows."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
REFERENCE = ROOT / "reports" / "reference"
_LINK = re.compile(r"\]\(([^)#:]+)\)")


def ids(paths):
    return [str(path.relative_to(REFERENCE)) for path in paths]


LEDGERS = sorted(REFERENCE.rglob("ledger.json"))
TEXTS = sorted(REFERENCE.rglob("*.md"))


@pytest.mark.parametrize("path", LEDGERS, ids=ids(LEDGERS))
def test_figures_of_a_ledger_are_there(path):
    claims = json.loads(path.read_text(encoding="utf-8"))["claims"]
    assert len(claims) > 50
    missing = [
        figure for claim in claims for figure in claim["figures"] if not (path.parent / figure).exists()
    ]
    assert missing == []


@pytest.mark.parametrize("path", TEXTS, ids=ids(TEXTS))
def test_what_a_text_links_to_is_there(path):
    targets = _LINK.findall(path.read_text(encoding="utf-8"))
    assert [target for target in targets if not (path.parent / target).exists()] == []


def test_every_figure_is_shown_in_a_document():
    shown = {
        (readme.parent / target).resolve()
        for readme in (ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), *REFERENCE.rglob("README.md"))
        for target in _LINK.findall(readme.read_text(encoding="utf-8"))
    }
    figures = {path for kind in ("png", "pdf", "svg") for path in REFERENCE.rglob(f"*.{kind}")}
    assert len(figures) == 8
    assert figures <= shown
