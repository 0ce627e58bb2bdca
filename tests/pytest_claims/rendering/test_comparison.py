"""A comparison as a page and as text: a section for each kind of change, and none for what did not happen."""

from __future__ import annotations

import html5lib
import pytest

from pytest_claims.ledger.comparison import compare
from pytest_claims.ledger.reader import ledger_of
from pytest_claims.rendering.comparison import comparison_as_html, comparison_as_text

from ..made_reports import made_case, made_suite, made_unjudged

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


def test_the_text_has_the_same_headings_as_the_page():
    lines = comparison_as_text(compare(OLD, NEW), "old.xml", "new.xml").splitlines()
    said = [line for line in lines if line and not line.startswith((" ", "old:", "new:", "the same"))]
    assert [line.replace(": ", " ").lower() for line in said] == [
        heading.lower() for heading in headings(comparison_as_html(compare(OLD, NEW), "old.xml", "new.xml"))
    ]


def text_of(old, new, **facts):
    return comparison_as_text(
        compare(ledger_of(made_suite(*old)), ledger_of(made_suite(*new, **facts))), "old.xml", "new.xml"
    )


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ([made_case("a")], [made_case("a", verdict="refuted", value=0.5)],
         "a on station-12: supported, -0.66 [-0.96, -0.36] -> refuted, 0.50 [0.20, 0.80]"),
        ([made_case("a")], [made_case("a", verdict="error")],
         "a on station-12: supported, -0.66 [-0.96, -0.36] -> error"),
        ([made_case("a", value=0.1, half_width=0.05)], [made_case("a", value=0.5, half_width=0.05)],
         "a on station-12: Pearson r 0.10 [0.05, 0.15] -> 0.50 [0.45, 0.55]"),
        ([made_case("a")], [made_case("a", statement=None)], "a on station-12: statement: What a says. -> (none)"),
        ([], [made_case("a", evidence="")], "a: supported, -0.66 [-0.96, -0.36]"),
        ([made_case("a")], [made_unjudged("a", reason="it rained")], "(not judged: skipped: it rained)"),
        ([made_case("a")], [made_case("a", evidence_sha256="ab" * 32)],
         "-> abababababab (determined by the same, yet other numbers)"),
        ([made_case("a")], [made_case("a", evidence_sha256="ab" * 32, evidence_determined_by="another key")],
         "-> abababababab (determined otherwise)"),
    ],
)  # fmt: skip
def test_a_change_is_one_line(old, new, line):
    (found,) = [text for text in text_of(old, new).splitlines() if line in text]
    assert found.startswith("  ")


def test_a_part_of_a_run_says_so_and_what_is_the_same_is_counted():
    cases = [made_case("a"), made_case("b")]
    text = text_of(cases, cases[:1], **{"claims.partial": "1 known judgement was not run"})
    assert "new is a part of a run: 1 known judgement was not run" in text.splitlines()
    assert text.endswith("the same: 1 judgement")
    assert text_of(cases, cases).endswith("the same: 2 judgements")


def test_no_text_of_a_report_moves_the_cursor():
    text = text_of([made_case("a", statement="b\x1b[2Jc\nd")], [made_case("a", statement="\u202ee")])
    assert "\x1b" not in text
    assert all(line.isprintable() for line in text.splitlines())
