"""A comparison as a page: a section for each kind of change, and none for what did not happen."""

from __future__ import annotations

import html5lib
import pytest

from pytest_claims.ledger.comparison import compare
from pytest_claims.ledger.reader import ledger_of
from pytest_claims.rendering.comparison_page import comparison_as_html

from ..made_reports import made_case, made_suite

OLD = ledger_of(
    made_suite(made_case("same"), made_case("turned", value=-0.5), made_case("ruled"), made_case("went"), made_case("x", "b"))
)  # fmt: skip
NEW = ledger_of(
    made_suite(
        made_case("same"), made_case("turned", verdict="refuted", value=0.5), made_case("ruled", rule="a new rule"),
        made_case("came", verdict="error"), made_case("x", "b", evidence_sha256="ab" * 32),
    )
)  # fmt: skip


def headings(page):
    document = html5lib.parse(page, namespaceHTMLElements=False)
    return ["".join(heading.itertext()) for heading in document.iter("h2")]


@pytest.fixture(scope="module")
def page():
    return comparison_as_html(compare(OLD, NEW), "old.xml", "new.xml")


def test_a_section_for_each_kind_of_change(page):
    assert headings(page) == [
        "Verdicts that changed 1",
        "Estimates that moved beyond their intervals 1",
        "Claims stated, measured or decided otherwise 1",
        "Judgements that came 1",
        "Judgements that went 1",
        "Evidence whose fingerprint changed 1",
    ]


def test_old_and_new_are_drawn_on_one_scale(page):
    document = html5lib.parse(page, namespaceHTMLElements=False)
    plot = next(e for e in document.iter() if e.get("class") == "plot")
    assert plot.get("aria-label") == "old -0.50 [-0.80, -0.20], new 0.50 [0.20, 0.80]"
    dots = [
        (e.get("class"), e.get("cx"), e.get("cy")) for e in plot.iter() if "estimate" in e.get("class", "")
    ]
    assert dots == [("estimate supported", "85", "8"), ("estimate refuted", "235", "20")]


def test_nothing_changed_is_said(page):
    same = comparison_as_html(compare(OLD, OLD), "a", "b")
    assert headings(same) == []
    assert "Nothing: all 5 judgements are the same." in same
    assert "Nothing: all" not in page
