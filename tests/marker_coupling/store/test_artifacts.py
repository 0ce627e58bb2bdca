import errno
import os
import signal
import subprocess
import sys

import pytest

from marker_coupling.store.artifacts import ArtifactStore, DamagedArtifactWarning, StoreError, default_root


def write(text):
    return lambda folder: (folder / "file").write_text(text)


def fail(folder):
    raise AssertionError("made again")


def test_an_artifact_is_made_once(tmp_path):
    store = ArtifactStore(tmp_path)
    first = store.get("kind", "key", write("content"))
    assert store.get("kind", "key", fail) == first
    assert (first / "file").read_text() == "content"
    assert store.get("kind", "other key", write("x")) != first


@pytest.mark.parametrize("damage", ["flip", "truncate", "delete", "manifest"])
def test_a_damaged_artifact_is_made_again_with_a_warning(tmp_path, damage):
    folder = ArtifactStore(tmp_path).get("kind", "key", write("content"))
    file = folder / ("manifest.json" if damage == "manifest" else "file")
    content = bytearray(file.read_bytes())
    if damage == "delete":
        file.unlink()
    else:
        file.write_bytes(content[:-1] if damage != "flip" else bytes([content[0] ^ 1, *content[1:]]))
    with pytest.warns(DamagedArtifactWarning, match="made again"):
        ArtifactStore(tmp_path).get("kind", "key", write("content"))
    assert (folder / "file").read_text() == "content"


def test_who_made_an_artifact_notices_as_well_when_it_is_written_to(tmp_path):
    store = ArtifactStore(tmp_path)
    file = store.get("kind", "key", write("content")) / "file"
    file.write_text("Content")
    os.utime(file, ns=(0, file.stat().st_mtime_ns + 1))
    with pytest.warns(DamagedArtifactWarning, match="made again"):
        store.get("kind", "key", write("content"))
    assert file.read_text() == "content"


def test_a_failure_leaves_nothing_behind(tmp_path):
    store = ArtifactStore(tmp_path)

    def broken(folder):
        (folder / "file").write_text("half")
        raise RuntimeError("no more")

    with pytest.raises(RuntimeError, match="no more"):
        store.get("kind", "key", broken)
    assert not [path for path in (tmp_path / "kind").iterdir() if path.suffix != ".lock"]
    store.get("kind", "key", write("content"))


def test_a_full_disk_is_one_clear_error_and_costs_no_other_artifact(tmp_path):
    store = ArtifactStore(tmp_path)
    kept = store.get("kind", "kept", write("content"))

    def full(folder):
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(StoreError, match="the disk is full"):
        store.get("kind", "key", full)
    assert store.get("kind", "kept", fail) == kept


def test_a_root_that_cannot_be_written_is_one_clear_error(tmp_path):
    (tmp_path / "occupied").write_text("a file")
    with pytest.raises(StoreError, match="expected to write an artifact there"):
        ArtifactStore(tmp_path / "occupied").get("kind", "key", write("content"))


def process(root, body):
    """Make an artifact in a process of its own."""
    script = f"""
import os, signal, sys, time
from pathlib import Path
from marker_coupling.store.artifacts import ArtifactStore

def make(folder):
    {body}

ArtifactStore(Path(sys.argv[1])).get("kind", "key", make)
"""
    return subprocess.Popen([sys.executable, "-c", script, str(root)])


def test_processes_make_an_artifact_once(tmp_path):
    body = """open(Path(sys.argv[1]) / "calls", "a").write("made\\n")
    time.sleep(0.5)
    (folder / "file").write_text("content")"""
    processes = [process(tmp_path, body) for _ in range(3)]
    assert [one.wait() for one in processes] == [0, 0, 0]
    assert (tmp_path / "calls").read_text() == "made\n"


def test_a_process_killed_while_making_leaves_no_artifact(tmp_path):
    body = """(folder / "file").write_text("half")
    os.kill(os.getpid(), signal.SIGKILL)"""
    assert process(tmp_path, body).wait() == -signal.SIGKILL
    folder = ArtifactStore(tmp_path).get("kind", "key", write("whole"))
    assert (folder / "file").read_text() == "whole"


def test_where_artifacts_go(monkeypatch, tmp_path):
    monkeypatch.setenv("MARKER_COUPLING_CACHE", str(tmp_path / "named"))
    assert default_root() == tmp_path / "named"
    monkeypatch.delenv("MARKER_COUPLING_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert default_root() == tmp_path / "marker-coupling"
