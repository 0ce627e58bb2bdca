"""One line of progress for all workers."""

from __future__ import annotations

from marker_coupling.cluster.display import ClusterDisplay, describe


def test_reports_of_one_kind_are_added_up():
    reports = [
        ("seed 1: 2 adapters from cook: training", 3, 10),
        ("seed 2: 2 adapters from cook: training", 4, 10),
        ("seed 2: 2 controls from poet: answers as cook", 1, 5),
        ("", 0, 0),
    ]
    assert describe(reports, 4) == "4 workers; training 7/20; answers as cook 1/5"
    assert describe([], 1) == "1 worker"
    assert describe([], 0) == "waiting for a free worker"


def test_jobs_are_counted_while_there_are_any_and_else_a_task_speaks_for_itself():
    shown = []
    display = ClusterDisplay(lambda *report: shown.append(report))
    display.begin(3)
    display.show([("training", 1, 2)], 2)
    display.count(2)
    display.begin(0)
    display.show([("", 0, 0), ("measuring", 1, 2)], 2)
    assert shown == [
        ("cluster | 2 workers; training 1/2", 0, 3),
        ("cluster | 2 workers", 1, 3),
        ("measuring", 1, 2),
    ]
