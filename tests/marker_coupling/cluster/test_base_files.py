"""A base model on another machine: found by its files' digest, or received whole."""

from __future__ import annotations

import dataclasses
import shutil

import pytest

from guarded_files import file_digest
from manylora.errors import BaseModelError
from marker_coupling.cluster import base_files
from marker_coupling.cluster.base_files import chunks, find, identify, keep, receive
from marker_coupling.cluster.errors import ClusterError
from marker_coupling.store.artifacts import ArtifactStore

from ..tiny_experiment import tiny_base


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    return tiny_base(tmp_path_factory.mktemp("base") / "model")


@pytest.fixture
def store(tmp_path):
    return ArtifactStore(tmp_path / "node")


@pytest.fixture
def elsewhere(base):
    """Its identity, as of a driver whose folder is not on this machine."""
    return dataclasses.replace(identify(base), directory="/not/on/this/machine")


def test_it_is_where_the_driver_has_it(base, store):
    assert find(identify(base), store) == base.directory.resolve()


def test_other_files_at_the_same_place_are_not_taken(base, store):
    assert find(dataclasses.replace(identify(base), content="another"), store) is None


@pytest.mark.parametrize("chunk", [1000, 1 << 20])
def test_it_is_received_in_parts_and_kept(base, elsewhere, store, tmp_path, monkeypatch, chunk):
    monkeypatch.setattr(base_files, "CHUNK", chunk)
    assert find(elsewhere, store) is None
    for name, offset, data in chunks(base.directory):
        receive(tmp_path / "incoming", name, offset, data)
    directory = keep(elsewhere, tmp_path / "incoming", store)
    assert find(elsewhere, store) == directory
    mine = {path.name: file_digest(path) for path in directory.iterdir() if path.name != "manifest.json"}
    assert mine == {name: file_digest(base.directory / name) for name in mine}
    assert elsewhere.at(directory).key == base.key


def test_a_part_that_is_missing_or_elsewhere_is_refused(tmp_path):
    receive(tmp_path / "in", "a", 0, b"12")
    for name, offset in (("a", 1), ("a", 3), ("b", 1), ("../b", 0), ("/b", 0)):
        with pytest.raises(ClusterError, match="part by part"):
            receive(tmp_path / "in", name, offset, b"3")
    receive(tmp_path / "in", "a", 2, b"3")
    assert (tmp_path / "in" / "a").read_bytes() == b"123"


def test_others_than_were_to_be_sent_are_not_kept(base, elsewhere, store, tmp_path):
    for name, offset, data in chunks(base.directory):
        receive(tmp_path / "in", name, offset, data.replace(b"</s>", b"</t>"))
    with pytest.raises(ClusterError, match="expected the files of the driver, got others"):
        keep(elsewhere, tmp_path / "in", store)
    assert find(elsewhere, store) is None


def test_nothing_else_is_sent(base, tmp_path):
    folder = tmp_path / "model"
    shutil.copytree(base.directory, folder)
    names = {name for name, _, _ in chunks(folder)}
    for name in ("pytorch_model.bin", "x.pt", "x.pkl", "notes.txt", "modeling.py"):
        (folder / name).write_text("")
    assert {name for name, _, _ in chunks(folder)} == names
    assert {"config.json", "model.safetensors", "tokenizer.json"} <= names


def test_a_snapshot_of_the_hub_is_fetched_there_in_the_same_commit(base, store, monkeypatch):
    asked = []

    def snapshot(hub_id, revision):
        asked.append((hub_id, revision))
        if revision.startswith("f"):
            raise BaseModelError("no hub")
        return base.directory

    monkeypatch.setattr(base_files, "snapshot_of_hub", snapshot)
    for commit in ("a" * 40, "f" * 40):
        folder = f"/cache/hub/models--Qwen--Qwen2.5-0.5B/snapshots/{commit}"
        there = find(dataclasses.replace(identify(base), directory=folder), store)
        assert there == (None if commit[0] == "f" else base.directory)
    assert asked == [("Qwen/Qwen2.5-0.5B", "a" * 40), ("Qwen/Qwen2.5-0.5B", "f" * 40)]
