"""The table at the end of pytest's output: aligned, bounded, and safe to print."""

from __future__ import annotations

import pytest

from pytest_claims.ledger.ledger import VERDICTS
from pytest_claims.ledger.reader import ledger_of
from pytest_claims.rendering.terminal import write_conclusion

from ..made_reports import made_case, made_suite, made_unjudged


class Reporter:
    """A terminal reporter that keeps lines and the colours of their beginnings."""

    def __init__(self):
        self.lines, self.colours, self._begun = [], {}, ""

    def section(self, title):
        self.lines.append(f"== {title} ==")

    def write(self, content, **markup):
        self._begun += content
        self.colours[content.strip()] = set(markup)

    def write_line(self, line, **markup):
        self.lines.append(self._begun + line)
        self._begun = ""


def shown(*cases, remarks=(), **facts):
    reporter = Reporter()
    write_conclusion(reporter, ledger_of(made_suite(*cases, **facts)), remarks)
    return reporter


def test_columns_stand_below_each_other_and_verdicts_have_colours():
    reporter = shown(
        *(made_case(f"claim-{index}", verdict=verdict) for index, verdict in enumerate(VERDICTS))
    )
    head, *rows = reporter.lines[1:7]
    assert head.split() == ["verdict", "claim", "evidence", "estimate", "95%", "interval", "p", "N"]
    assert {row.index("station-12") for row in rows} == {head.index("evidence")}
    assert rows[0].split() == [
        "supported",
        "claim-0",
        "station-12",
        "-0.66",
        "[-0.96,",
        "-0.36]",
        "0.039",
        "10",
    ]
    assert {len(row) for row in rows[:3]} == {len(head)}
    assert reporter.colours == {
        "supported": {"green"}, "refuted": {"red"}, "inconclusive": {"yellow"}, "uninformative": {"purple"}, "error": {"red"},
    }  # fmt: skip


def test_a_run_without_claims_writes_nothing():
    assert shown().lines == []
    assert shown(made_unjudged("a", why="deselected")).lines == []
    assert shown(remarks=["the ledger is as it was"]).lines == []
    assert shown(remarks=["ERROR: the record was not written"]).lines == [
        "== ledger of claims ==",
        "ERROR: the record was not written",
    ]


@pytest.mark.parametrize(("count", "more"), [(3, ""), (4, ""), (5, ", and 1 more"), (9, ", and 5 more")])
def test_what_was_not_judged_is_one_line_with_the_first_reasons(count, more):
    (line,) = [line for line in shown(*(made_unjudged(f"c{i}") for i in range(count))).lines if "c0" in line]
    named = ", ".join(f"c{index} on station-12 (skipped: rain)" for index in range(min(count, 4)))
    assert line == f"not judged: {named}{more}"


def test_only_tests_that_ran_several_times_are_named():
    lines = shown(made_case("a", attempts="3"), made_case("b")).lines
    assert [line for line in lines if "attempts" in line] == [
        "run again, the last time counts: a (3 attempts)"
    ]


def test_a_missing_figure_and_a_partial_run_are_said():
    lines = shown(
        made_case("a", figure_error="figure x: OSError: full"), **{"claims.partial": "2 not run"}
    ).lines
    assert "missing figure x: OSError: full" in lines
    assert "partial: 2 not run" in lines


def test_long_names_are_cut_and_no_text_moves_the_cursor():
    odd = "\x1b[2J\u202e\n"
    lines = shown(
        made_case("a" * 500, evidence="b" * 500),
        made_unjudged("x", evidence=odd, reason=odd * 200),
        remarks=[odd],
    ).lines
    assert all(line.isprintable() for line in lines)
    assert max(map(len, lines)) < 400


def test_a_line_names_what_is_no_longer_significant_when_adjusted():
    cases = [made_case(f"c-{index}", p_value="0.04", family="many") for index in range(6)]
    assert shown(*cases).lines[-1] == (
        "no longer significant by the p that is adjusted for the family: c-0 on station-12 (0.24), "
        "c-1 on station-12 (0.24), c-2 on station-12 (0.24), c-3 on station-12 (0.24), and 2 more"
    )
    assert not any("no longer" in line for line in shown(made_case(family="one")).lines)


def test_the_head_tells_the_level_only_if_it_is_that_of_all_intervals():
    lines = shown(made_case("a", ci_level="0.99"), made_case("b", ci_level="0.99")).lines
    assert "99% interval" in lines[1]
    assert "99%" not in lines[2]
    mixed = shown(made_case("a", ci_level="0.99"), made_case("b"), made_case("c", ci_level="none")).lines
    assert "95% interval" not in mixed[1]
    assert [line.split("]")[1].split()[0] for line in mixed[2:5]] == ["99%", "95%", "range"]


def test_the_headline_is_told_in_words():
    lines = shown(made_case("a", headline="true")).lines
    assert lines[-1].startswith(
        "headline: What a says: supported on station-12: Pearson r = -0.66, 95% interval"
    )
