"""Progress of long work in the terminal: how far it is, and the time that is left."""

from __future__ import annotations

import os
import sys
import time

import pytest

from manylora.progress import DETAIL

#: Seconds between two lines where every line stays.
LINE_EVERY_S = 5.0


class ProgressLines:
    """Writes progress to the terminal: one line that is written over, or, from a worker, now and then a line.

    Parameters
    ----------
    config : of the run
    """

    def __init__(self, config: pytest.Config) -> None:
        self._capture = config.pluginmanager.get_plugin("capturemanager")
        self._worker = os.environ.get("PYTEST_XDIST_WORKER", "")
        self._task, self._started, self._first, self._written = "", 0.0, 0, 0.0

    def __call__(self, task: str, done: int, total: int) -> None:
        """Report that so much of a task is done."""
        now = time.perf_counter()
        name, _, detail = task.partition(DETAIL)
        if name != self._task:
            # The first report comes when something is done already; how fast, the next one tells.
            self._task, self._started, self._first, self._written = name, now, done, 0.0
        overwrites = not self._worker and sys.__stderr__ is not None and sys.__stderr__.isatty()
        if not overwrites and done < total and now - self._written < LINE_EVERY_S:
            return
        self._written = now
        text = f"{name}: {done}/{total}"
        if self._first < done < total:
            left = (now - self._started) / (done - self._first) * (total - done)
            text += f", about {left:.0f} s left"
        if detail:
            text += f"{DETAIL}{detail}"
        if self._worker:
            text = f"[{self._worker}] {text}"
        self._write(f"\r\x1b[2K{text}" + ("\n" if done == total else "") if overwrites else f"{text}\n")

    def _write(self, text: str) -> None:
        if sys.__stderr__ is None:
            return
        if self._capture is None:
            sys.__stderr__.write(text)
            return
        with self._capture.global_and_fixture_disabled():
            sys.__stderr__.write(text)
            sys.__stderr__.flush()
