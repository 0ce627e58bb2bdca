"""Files of what is shown: as many judgements as are shown, every digit, and no formula for a spreadsheet."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from ..made_reports import made_case, made_suite

FORMULAS = [
    '=HYPERLINK("https://evil.example")',
    "+1+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(1)",
    "\t=1",
    " =1",
    'a "quoted", text',
]
SUITE = made_suite(
    made_case("rain-sells-umbrellas", "station-12", "supported", 1 / 3, 0.2, ci_level="0.99", reason=FORMULAS[0]),
    *(made_case(f"c-{number}", "=evil()", "refuted", -0.5, 0.2, statement=text) for number, text in enumerate(FORMULAS)),
)  # fmt: skip


@pytest.fixture(params=["listed", "unlisted"])
def page(request, watched, ledger_page):
    return watched.open(ledger_page(SUITE, most_listed=300 if request.param == "listed" else 0))


def saved(page, button):
    with page.expect_download() as download:
        page.locator(button).click()
    return download.value.suggested_filename, Path(download.value.path()).read_bytes().decode("utf-8")


def test_csv_holds_what_is_shown_and_no_formula(page):
    name, text = saved(page, "#csv")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert name == "judgements.csv"
    assert len(rows) == 1 + len(FORMULAS)
    assert float(rows[0]["estimate"]) == 1 / 3
    assert rows[0]["ci_level"] == "0.99"
    assert float(rows[1]["estimate"]) == -0.5
    for row in rows:
        for cell in row.values():
            assert cell[:1] not in ("=", "+", "@", "\t")
            assert cell.lstrip()[:1] not in ("=", "+", "@")
            assert not cell.startswith("-") or float(cell) < 0
    assert rows[-1]["statement"] == FORMULAS[-1]
    assert rows[1]["evidence"] == "'=evil()"
    assert rows[0]["reason"] == "'" + FORMULAS[0]


def test_a_filter_narrows_the_files(page):
    page.get_by_role("checkbox", name="supported").check()
    name, text = saved(page, "#json")
    document = json.loads(text)
    assert name == "judgements.json"
    assert document["shown"] == "#verdict=supported"
    assert "commit 0123456789ab" in document["citation"]
    (judgement,) = document["judgements"]
    assert judgement["claim"] == "rain-sells-umbrellas"
    assert judgement["estimate"] == 1 / 3
    assert judgement["reason"] == FORMULAS[0], "JSON is no spreadsheet"
