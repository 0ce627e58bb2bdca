"""A history as drawings and as text: marks, intervals and signs, in the order of the runs."""

from __future__ import annotations

import html5lib
import pytest

from pytest_claims.ledger.history import history_of
from pytest_claims.ledger.ledger import VERDICTS
from pytest_claims.ledger.reader import ledger_of
from pytest_claims.rendering.history import history_as_html, history_as_text
from pytest_claims.rendering.wording import SIGNS

from ..made_reports import large_suite, made_case, made_suite


@pytest.fixture(scope="module")
def document():
    first = made_suite(
        made_case("steady", value=0.4, half_width=0.2), made_case("moved", value=0.8, half_width=0.1),
        made_case("turned"), made_case("refitted", "b"), started="2026-01-01",
    )  # fmt: skip
    second = made_suite(
        made_case("steady", value=0.5, half_width=0.2), made_case("moved", value=0.2, half_width=0.1),
        made_case("turned", verdict="error"), made_case("refitted", "b", evidence_sha256="ab"), started="2026-01-02",
    )  # fmt: skip
    page = history_as_html(history_of({"1.xml": ledger_of(first), "2.xml": ledger_of(second)}))
    return html5lib.parse(page, namespaceHTMLElements=False)


def sections(document):
    found = {}
    for section in document.iter("section"):
        heading = "".join(section.find("h2").itertext())
        found[heading] = [article.find("h3/span").text for article in section.iter("article")]
    return found


def drawing(document, name):
    (article,) = (a for a in document.iter("article") if a.find("h3/span").text == name)
    return article.find("{*}svg") if article.find("svg") is None else article.find("svg")


def test_what_changed_comes_first(document):
    assert sections(document) == {
        "Verdict changed 1": ["turned"],
        "Estimate moved beyond its interval 1": ["moved"],
        "Steady 2": ["steady", "refitted"],
        "Runs": [],
    }


def test_marks_stand_at_their_run_and_estimate(document):
    marks = [e for e in drawing(document, "steady").iter() if "mark" in e.get("class", "")]
    # Two runs on 278 units from 34 on; 0.4 and 0.5 on a scale from 0 at 92 to 1 at 8.
    assert [(mark.get("cx"), mark.get("cy")) for mark in marks] == [("103.5", "58.4"), ("242.5", "50")]
    intervals = [e for e in drawing(document, "steady").iter() if "interval" in e.get("class", "")]
    assert [(line.get("y1"), line.get("y2")) for line in intervals] == [("75.2", "41.6"), ("66.8", "33.2")]


def test_each_verdict_has_its_outline_and_an_error_stands_below_the_scale(document):
    marks = [e for e in drawing(document, "turned").iter() if "mark" in e.get("class", "")]
    assert [mark.tag.rpartition("}")[2] for mark in marks] == ["circle", "path"]
    assert marks[1].get("d").startswith("M242.5 103 ")


def test_new_evidence_is_marked_between_the_runs(document):
    lines = [e for e in drawing(document, "refitted").iter() if e.get("class") == "new-evidence"]
    assert [line.get("x1") for line in lines] == ["173"]
    assert not [e for e in drawing(document, "steady").iter() if e.get("class") == "new-evidence"]


def test_a_drawing_says_in_words_what_it_shows(document):
    assert drawing(document, "turned").get("aria-label") == "run 1: supported; run 2: error"


def test_what_is_too_much_to_draw_is_counted():
    ledger = ledger_of(large_suite(30, 2))
    page = history_as_html(history_of({"1.xml": ledger}), most_drawn=25)
    assert page.count('<article class="track">') == 25
    assert "Not drawn, since the page would be too long: 35 more." in page


def rows(*runs):
    """The rows of the table, split at runs of blanks."""
    ledgers = {
        f"{day}.xml": ledger_of(made_suite(*cases, started=f"2026-01-{day:02d}"))
        for day, cases in enumerate(runs, start=1)
    }
    lines = history_as_text(history_of(ledgers)).splitlines()
    return lines, {line.split()[1]: line for line in lines[lines.index("") + 2 :]}


@pytest.mark.parametrize("verdict", VERDICTS)
def test_every_verdict_has_its_sign_and_a_run_without_one_has_a_dot(verdict):
    _, found = rows([made_case("a")], [made_case("b")], [made_case("a", verdict=verdict)])
    assert found["a"].split()[0] == f"{SIGNS['supported']}·{SIGNS[verdict]}"
    assert found["b"].split()[0] == f"·{SIGNS['supported']}·"


def test_the_latest_estimate_and_what_became_of_it():
    _, found = rows(
        [made_case("steady"), made_case("moved", value=-0.9, half_width=0.1), made_case("turned")],
        [
            made_case("steady", value=-0.5),
            made_case("moved", value=-0.2, half_width=0.1),
            made_case("turned", evidence="station-12", verdict="refuted", value=0.5),
        ],
    )
    assert found["steady"].endswith("-0.50 [-0.80, -0.20]")
    assert found["moved"].endswith("-0.20 [-0.30, -0.10]  estimate moved")
    assert found["turned"].endswith("0.50 [0.20, 0.80]  verdict changed")


def test_runs_are_numbered_from_the_earliest_and_columns_stand_below_each_other():
    lines, found = rows(
        [made_case("a", evidence="x")], [made_case("a-long-name", evidence=""), made_case("a", "x")]
    )
    assert lines[0] == "2 runs, the earliest first:"
    assert [line[:11] for line in lines[1:3]] == ["  1. 1.xml ", "  2. 2.xml "]
    assert {line.index("-0.66") for line in found.values()} == {found["a"].index("-0.66")}
    assert "its own numbers" in found["a-long-name"]


def test_one_run_and_none():
    assert rows([made_case("a")])[0][0] == "1 run, the earliest first:"
    assert history_as_text(history_of({})).splitlines()[0] == "0 runs, the earliest first:"


def test_no_name_in_a_report_moves_the_cursor():
    lines, _ = rows([made_case("a", evidence="b\x1b[2J\u202ec\nd")])
    assert all(line.isprintable() for line in lines)
