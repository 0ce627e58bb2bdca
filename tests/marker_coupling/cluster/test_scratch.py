"""A worker's scratch folder lasts as long as its process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from marker_coupling.cluster.scratch import Scratch

KILLED = """
import os, sys
from pathlib import Path
from marker_coupling.cluster.scratch import Scratch
(Scratch(Path(sys.argv[1])).folder / "adapter").write_text("1")
os.kill(os.getpid(), 9)
"""


def test_what_a_killed_worker_left_is_removed_by_the_next(tmp_path):
    subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], check=False)
    (left,) = tmp_path.iterdir()
    assert (left / "adapter").exists()
    scratch = Scratch(tmp_path)
    assert list(tmp_path.iterdir()) == [scratch.folder]


def test_living_workers_and_others_folders_stay(tmp_path):
    (tmp_path / "marker-coupling-worker-of-somebody").mkdir()
    first = Scratch(tmp_path)
    (first.folder / "adapter").write_text("1")
    second = Scratch(tmp_path)
    assert (first.folder / "adapter").exists()
    for scratch in (first, second):
        scratch.remove()
    assert [path.name for path in Path(tmp_path).iterdir()] == ["marker-coupling-worker-of-somebody"]
