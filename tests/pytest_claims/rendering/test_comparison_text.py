"""A comparison as text: a line for each change, under the headings of the page."""

from __future__ import annotations

import pytest

from pytest_claims.ledger.comparison import compare
from pytest_claims.ledger.reader import ledger_of
from pytest_claims.rendering.comparison_page import comparison_as_html
from pytest_claims.rendering.comparison_text import comparison_as_text

from ..made_reports import made_case, made_suite, made_unjudged
from .test_comparison_page import NEW, OLD, headings


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
