"""Commits that last changed lines or files, as version control tells them."""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass

#: Digits of a commit that people read; tells the commits of any repository apart that people write.
SHOWN_DIGITS = 10
UNCOMMITTED, OR_BEFORE = "uncommitted", " or before"
_TEXT = re.compile(r"([0-9a-f]{40}|[0-9a-f]{64}) (\S{19,32}?)( or before)?")


@dataclass(frozen=True)
class LastChange:
    """The commit that last changed some lines or files.

    Parameters
    ----------
    commit : hexadecimal digest; empty for what is not committed
    date : moment of the commit in UTC; ``None`` for what is not committed
    or_before : the history is cut off at this commit, so that the change may be older
    """

    commit: str
    date: datetime.datetime | None
    or_before: bool = False

    @property
    def text(self) -> str:
        """The change as a property of a report, which :func:`change_of_text` reads back."""
        if self.date is None:
            return UNCOMMITTED
        return f"{self.commit} {self.date.isoformat()}" + (OR_BEFORE if self.or_before else "")

    @property
    def day(self) -> str:
        """The day of the commit for people, in UTC; empty for what is not committed."""
        if self.date is None:
            return ""
        return f"{self.date:%Y-%m-%d}" + (OR_BEFORE if self.or_before else "")

    @property
    def described(self) -> str:
        """Commit and day for people: ``in abc1234567 on 2026-11-20``."""
        return f"in {self.commit[:SHOWN_DIGITS]} on {self.day}" if self.commit else "not committed"

    def is_later_than(self, moment: datetime.datetime | datetime.date) -> bool:
        """Return True if the change was certainly committed after a moment; a day is any moment of it.

        Parameters
        ----------
        moment : with its time zone, or a day in whichever time zone
        """
        if self.date is None or self.or_before:
            return False
        if isinstance(moment, datetime.datetime):
            return self.date > moment
        # The day ends last in the westernmost time zone, UTC-12.
        midnight = datetime.datetime.combine(moment, datetime.time(), datetime.UTC)
        return self.date - midnight >= datetime.timedelta(hours=36)


#: Of lines or files that no commit holds as they are.
NOT_COMMITTED = LastChange("", None)


def change_of_text(text: str) -> LastChange | None:
    """Return the change that :attr:`LastChange.text` wrote; ``None`` for any other text."""
    if text == UNCOMMITTED:
        return NOT_COMMITTED
    match = _TEXT.fullmatch(text)
    if match is None:
        return None
    try:
        date = datetime.datetime.fromisoformat(match[2])
        if date.tzinfo is None:
            return None
        # The first and the last days of the calendar are in no other time zone.
        return LastChange(match[1], date.astimezone(datetime.UTC), bool(match[3]))
    except (ValueError, OverflowError):
        return None


def latest_change(changes: list[LastChange]) -> LastChange | None:
    """Return the last of several changes; ``None`` of none."""
    if not changes or NOT_COMMITTED in changes:
        return NOT_COMMITTED if changes else None
    return max(changes, key=lambda change: (change.date, not change.or_before, change.commit))
