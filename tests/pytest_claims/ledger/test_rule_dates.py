"""Rules that were committed after their evidence say so; nothing else is concluded from dates."""

from __future__ import annotations

import pytest

from pytest_claims.ledger.reader import ledger_of
from pytest_claims.ledger.rule_dates import committed_text, rule_fixed_text

from ..made_reports import made_case, made_suite

OLD, NEW = ("1" * 40 + " 2026-11-20T12:00:00+00:00"), ("2" * 40 + " 2026-11-25T12:00:00+00:00")


def fixed(rule, test=None, **facts):
    changed = {"rule_change": rule} | ({} if test is None else {"test_change": test})
    suite = made_suite(
        made_case("rain", "a", **changed), **{f"evidence.a.{name}": value for name, value in facts.items()}
    )
    (entry,) = ledger_of(suite).entries
    return rule_fixed_text(entry)


def test_commit_and_day_are_told():
    assert fixed(OLD) == "in 1111111111 on 2026-11-20"
    assert fixed(f"{OLD} or before") == "in 1111111111 on 2026-11-20 or before"
    assert fixed("uncommitted") == "not committed"


def test_reports_without_the_property_tell_nothing():
    (entry,) = ledger_of(made_suite(made_case("rain", "a"))).entries
    assert (rule_fixed_text(entry), entry.rule_later_than) == ("", "")


@pytest.mark.parametrize(
    ("facts", "after"),
    [
        ({"date": "2026-11-20"}, "measured (2026-11-20)"),
        ({"date": "2026-11-25T11:00:00+00:00"}, "measured (2026-11-25)"),
        ({"committed": OLD}, "committed (2026-11-20)"),
        ({"committed": "3" * 40 + " 2026-11-25T09:30:00+00:00"}, "committed (that day at 09:30 UTC)"),
        # Cut off: the file was there on that day, and maybe before.
        ({"committed": f"{OLD} or before"}, "committed (2026-11-20 or before)"),
        # What was measured before it was committed may have been measured before the rule, or after.
        ({"date": "2026-11-25", "committed": OLD}, ""),
        ({"date": "2026-11-24"}, "measured (2026-11-24)"),
        ({"date": "2026-11-25T12:00:00+00:00"}, ""),
        ({"date": "May 1995"}, ""),
        ({"committed": NEW}, ""),
        ({"committed": "uncommitted"}, ""),
        ({"committed": "yesterday"}, ""),
        ({}, ""),
    ],
)  # fmt: skip
def test_later_is_what_the_dates_prove(facts, after):
    expected = f", after this evidence was {after}" if after else ""
    assert fixed(NEW, **facts) == f"in 2222222222 on 2026-11-25{expected}"


def test_a_rule_without_a_date_of_its_own_is_later_than_nothing():
    assert "after" not in fixed(f"{NEW} or before", committed=OLD)
    assert "after" not in fixed("uncommitted", committed=OLD)


def test_a_test_that_changed_after_its_rule_is_told():
    assert fixed(OLD, NEW).endswith("2026-11-20; its test last changed in 2222222222 on 2026-11-25")
    assert fixed(OLD, "uncommitted").endswith("2026-11-20; its test has changes that are not committed")
    for test in (OLD, "0" * 40 + " 2026-11-19T12:00:00+00:00"):
        assert fixed(OLD, test) == "in 1111111111 on 2026-11-20"
    assert fixed("uncommitted", NEW) == "not committed"


def test_the_date_of_evidence_is_its_own_or_that_of_its_commit():
    assert committed_text({"date": "May 1995", "committed": OLD}) == "May 1995"
    assert committed_text({"committed": OLD}) == "committed 2026-11-20"
    assert committed_text({"committed": f"{OLD} or before"}) == "committed 2026-11-20 or before"
    assert committed_text({"committed": "uncommitted"}) == "not committed"
    assert committed_text({"committed": "x"}) == committed_text({}) == ""
