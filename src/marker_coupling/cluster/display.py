"""Progress of all workers of a cluster in one line."""

from __future__ import annotations

from collections.abc import Iterable

from manylora.progress import DETAIL, Progress

#: Of the kinds of work that are named.
_MOST_KINDS = 4


class ClusterDisplay:
    """Adds up the workers' reports.

    Parameters
    ----------
    progress : where the line goes
    """

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._done, self._total = 0, 0

    def begin(self, total: int) -> None:
        """Begin to count jobs."""
        self._done, self._total = 0, total

    def count(self, workers: int) -> None:
        """Count a job that is done."""
        self._done += 1
        self.show([], workers)

    def show(self, reports: Iterable[tuple[str, int, int]], workers: int) -> None:
        """Show what is done of all jobs, and what the workers are at.

        Parameters
        ----------
        reports : task, done and total of each worker
        workers : that have answered
        """
        if self._total:
            self._progress(f"cluster{DETAIL}{describe(reports, workers)}", self._done, self._total)
            return
        for report in reports:  # one task alone
            if report[0]:
                self._progress(*report)


def describe(reports: Iterable[tuple[str, int, int]], workers: int) -> str:
    """Return the number of workers, and done and total of each kind of work, added up over workers."""
    sums: dict[str, tuple[int, int]] = {}
    for task, done, total in reports:
        if kind := task.rpartition(": ")[2]:
            before = sums.get(kind, (0, 0))
            sums[kind] = (before[0] + done, before[1] + total)
    count = f"{workers} worker{'s' * (workers != 1)}" if workers else "waiting for a free worker"
    kinds = [f"{kind} {done}/{total}" for kind, (done, total) in list(sums.items())[:_MOST_KINDS]]
    return "; ".join([count, *kinds])
