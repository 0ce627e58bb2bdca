"""A history as text: a sign for each run, in the order of the runs, and the latest estimate."""

from __future__ import annotations

import pytest

from pytest_claims.ledger.history import history_of
from pytest_claims.ledger.ledger import VERDICTS
from pytest_claims.ledger.reader import ledger_of
from pytest_claims.rendering.history_text import history_as_text
from pytest_claims.rendering.wording import SIGNS

from ..made_reports import made_case, made_suite


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
