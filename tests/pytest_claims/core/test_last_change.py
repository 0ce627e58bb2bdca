"""Commits in print: read back as they were written, and later only where dates prove it."""

from __future__ import annotations

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_claims.core.last_change import NOT_COMMITTED, LastChange, change_of_text, latest_change

COMMIT = "0123456789abcdef0123456789abcdef01234567"
MOMENTS = st.datetimes(timezones=st.just(datetime.UTC))
CHANGES = st.builds(LastChange, st.just(COMMIT), MOMENTS, st.booleans())


def at(text, **changed):
    return LastChange(COMMIT, datetime.datetime.fromisoformat(text), **changed)


@given(CHANGES | st.just(NOT_COMMITTED))
def test_a_change_is_read_back_as_it_was_written(change):
    assert change_of_text(change.text) == change


@pytest.mark.parametrize(
    "text",
    [
        "", "committed", "uncommitted ", COMMIT, f"{COMMIT} yesterday", f"{COMMIT} 2026-01-01T00:00:00",
        f"{COMMIT} 0001-01-01T00:00:00+23:59", f"{COMMIT} 9999-12-31T23:59:59-23:59", f"{COMMIT[1:]} 2026-01-01T00:00:00+00:00",
        f"{COMMIT} 2026-01-01T00:00:00+00:00 or after", f"{COMMIT.upper()} 2026-01-01T00:00:00+00:00",
    ],
)  # fmt: skip
def test_any_other_text_is_none(text):
    assert change_of_text(text) is None


@given(st.text())
def test_no_text_raises(text):
    assert change_of_text(f"{COMMIT} {text}") is None or text


def test_people_read_the_short_commit_and_the_day():
    assert at("2026-11-20T23:30:00+00:00").described == "in 0123456789 on 2026-11-20"
    assert (
        at("2026-11-20T23:30:00+00:00", or_before=True).described == "in 0123456789 on 2026-11-20 or before"
    )
    assert NOT_COMMITTED.described == "not committed"


def test_a_change_is_later_than_a_moment_only_if_its_own_is():
    change, moment = at("2026-11-20T12:00:00+00:00"), datetime.datetime.fromisoformat
    assert change.is_later_than(moment("2026-11-20T11:59:59+00:00"))
    assert not change.is_later_than(moment("2026-11-20T12:00:00+00:00"))
    assert change.is_later_than(moment("2026-11-20T13:30:00+02:00"))
    assert not at("2026-11-20T12:00:00+00:00", or_before=True).is_later_than(
        moment("2001-01-01T00:00:00+00:00")
    )
    assert not NOT_COMMITTED.is_later_than(moment("2001-01-01T00:00:00+00:00"))


@given(st.dates(), st.integers(-12, 14), st.floats(0, 24, exclude_max=True), MOMENTS)
def test_a_day_is_over_only_when_it_is_over_everywhere(day, zone, hour, when):
    change = LastChange(COMMIT, when)
    midnight = datetime.datetime.combine(day, datetime.time(), datetime.UTC)
    try:
        measured = midnight + datetime.timedelta(hours=hour - zone)
    except OverflowError:
        return
    if change.is_later_than(day):
        assert when > measured


@given(st.lists(CHANGES, min_size=1))
def test_the_latest_of_changes(changes):
    last = latest_change(changes)
    assert last in changes
    assert all(last.date >= change.date for change in changes)
    assert latest_change([*changes, NOT_COMMITTED]) == NOT_COMMITTED
    assert latest_change([]) is None
