"""Progress callbacks of long work."""

from __future__ import annotations

from collections.abc import Callable

#: Called with a task, how much of it is done, and how much there is.
Progress = Callable[[str, int, int], None]

#: In a task, before what changes from report to report and is no part of its name.
DETAIL = " | "


def silent(task: str, done: int, total: int) -> None:
    """Report no progress."""
