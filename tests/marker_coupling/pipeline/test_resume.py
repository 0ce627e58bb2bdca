"""Killed at any moment, run twice at once or changed a little: an experiment computes once what it needs."""

from __future__ import annotations

import multiprocessing
import random
import signal
import time
from collections import Counter
from pathlib import Path

import pytest

from marker_coupling.store.artifacts import MANIFEST

from ..tiny_experiment import digests, run, tiny_base

MODULE = "tests.marker_coupling.tiny_experiment"


@pytest.fixture
def start(monkeypatch, pytestconfig, tmp_path):
    """Start an experiment in a process of its own, forked from one that has PyTorch imported."""
    monkeypatch.syspath_prepend(str(pytestconfig.rootpath))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([MODULE])
    model = tmp_path / "model"
    tiny_base(model)
    # Importing PyTorch takes seconds, once: no experiment's.
    first = context.Process(target=print)
    first.start()
    first.join()
    running = []

    def started(root, seed=1, others=()):
        log = tmp_path / f"{root.name}.log"
        process = context.Process(target=run, args=(model, root, log, seed, others))
        process.start()
        running.append(process)
        return process

    yield started
    for process in running:
        process.kill()
        process.join()


def made(root: Path) -> Counter[str]:
    """How often each artifact of a store was made."""
    log = root.with_name(f"{root.name}.log")
    return Counter(log.read_text().splitlines())


def whole(root: Path) -> dict[Path, tuple[int, int]]:
    """The artifacts that are there, each with what tells whether it was written again."""
    found = {path: path.stat() for path in root.glob(f"*/*/{MANIFEST}") if not path.parent.suffix}
    return {path: (stat.st_ino, stat.st_mtime_ns) for path, stat in found.items()}


def test_killed_at_random_and_resumed_it_gives_the_same_bytes(start, tmp_path, pytestconfig):
    reference, root = tmp_path / "uninterrupted", tmp_path / "killed"
    began = time.perf_counter()
    start(reference).join()
    duration = time.perf_counter() - began
    expected = digests(reference)
    assert sum(path.startswith("evidence/") for path in expected) == 2  # itself and its manifest

    moments, kills, runs = random.Random(7), 0, 0
    while kills < (pytestconfig.getoption("kills") or 20):
        before = whole(root)
        process = start(root)
        process.join(moments.uniform(0, 0.4 * duration))
        process.kill()
        process.join()
        after = whole(root)
        assert before.items() <= after.items()
        # Answers are in flight within what is made of them, and nothing else within another.
        unfinished = sorted(path.parent.name for path in root.glob("*/*.unfinished-*"))
        assert len(unfinished) <= 1 or (len(unfinished) == 2 and "answers" in unfinished), unfinished
        if process.exitcode == -signal.SIGKILL:
            kills += 1
            continue
        assert process.exitcode == 0
        assert digests(root) == expected
        runs += 1
        root = tmp_path / f"killed-{runs}"
    start(root).join()
    assert digests(root) == expected


def test_two_processes_share_the_work_and_compute_each_artifact_once(start, tmp_path):
    root = tmp_path / "shared"
    both = [start(root, 1, (2,)), start(root, 2, (1,))]
    for process in both:
        process.join()
    assert [process.exitcode for process in both] == [0, 0]
    counts = made(root)
    assert set(counts.values()) == {1}
    alone = tmp_path / "alone"
    for seed in (1, 2):
        start(alone, seed).join()
    assert set(counts) == set(made(alone))
    assert digests(root) == digests(alone)
