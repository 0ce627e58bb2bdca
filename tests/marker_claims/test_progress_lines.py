"""Progress as people see it: written over on a terminal, now and then a line elsewhere, named under xdist."""

from __future__ import annotations

import io
import sys

import pytest

from marker_claims import progress_lines
from marker_claims.progress_lines import ProgressLines


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def clock(monkeypatch):
    """Seconds, as many as a test says."""
    now = [100.0]
    monkeypatch.setattr(progress_lines.time, "perf_counter", lambda: now[0])
    return now


@pytest.fixture
def written(monkeypatch, pytestconfig):
    """What is written where nothing is written over; by no worker, even if this test runs on one."""

    def lines(stream, worker=None):
        monkeypatch.setattr(sys, "__stderr__", stream)
        monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)
        if worker:
            monkeypatch.setenv("PYTEST_XDIST_WORKER", worker)
        return ProgressLines(pytestconfig)

    return lines


def test_a_log_has_the_first_and_the_last_line_and_one_every_few_seconds(written, clock):
    stream = io.StringIO()
    tell = written(stream)
    for done in range(1, 13):
        tell("training", done, 12)
        clock[0] += 1
    assert stream.getvalue().splitlines() == [
        "training: 1/12",
        "training: 6/12, about 6 s left",
        "training: 11/12, about 1 s left",
        "training: 12/12",
    ]


def test_detail_may_change_while_the_task_goes_on(written, clock):
    stream = Terminal()
    tell = written(stream)
    for done, detail in ((1, "2 workers"), (2, "2 workers; training 1/2"), (4, "1 worker")):
        tell(f"cluster | {detail}", done, 4)
        clock[0] += 3
    lines = stream.getvalue().split("\r\x1b[2K")[1:]
    assert lines == [
        "cluster: 1/4 | 2 workers",
        "cluster: 2/4, about 6 s left | 2 workers; training 1/2",
        "cluster: 4/4 | 1 worker\n",
    ]


def test_a_terminal_s_line_is_written_over_until_the_work_is_done(written, clock):
    stream = Terminal()
    tell = written(stream)
    tell("training", 1, 2)
    clock[0] += 3
    tell("training", 2, 2)
    assert stream.getvalue() == "\r\x1b[2Ktraining: 1/2\r\x1b[2Ktraining: 2/2\n"


def test_a_worker_says_who_it_is_and_writes_over_nobody(written, clock):
    stream = Terminal()
    tell = written(stream, worker="gw1")
    tell("training", 1, 3)
    clock[0] += progress_lines.LINE_EVERY_S
    tell("training", 2, 3)
    assert stream.getvalue().splitlines() == ["[gw1] training: 1/3", "[gw1] training: 2/3, about 5 s left"]


def test_the_next_task_is_timed_anew(written, clock):
    stream = io.StringIO()
    tell = written(stream)
    tell("training", 1, 2)
    clock[0] += 100
    tell("sampling", 1, 3)
    clock[0] += 6
    tell("sampling", 2, 3)
    assert stream.getvalue().splitlines()[-2:] == ["sampling: 1/3", "sampling: 2/3, about 6 s left"]


def test_what_was_done_before_the_first_line_does_not_make_the_rest_look_short(written, clock):
    stream = io.StringIO()
    tell = written(stream)
    tell("sampling", 130, 220)
    clock[0] += 10
    tell("sampling", 150, 220)
    assert stream.getvalue().splitlines() == ["sampling: 130/220", "sampling: 150/220, about 35 s left"]


def test_without_a_stderr_nothing_is_said(written):
    written(None)("training", 1, 2)
