"""Folders as bytes: what arrives is what was sent, in its folder and nowhere else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marker_coupling.cluster.errors import ClusterError
from marker_coupling.cluster.files import digest_of, is_within, read_files, write_files

names = st.lists(st.sampled_from(["a", "b.json", "0000", "ü"]), min_size=1, max_size=3).map("/".join)


@given(contents=st.dictionaries(st.sampled_from(["a", "b/c", "b/d.json", "e/f/g"]), st.binary(max_size=64)))
def test_a_folder_comes_back(contents, tmp_path_factory):
    there, back = tmp_path_factory.mktemp("there"), tmp_path_factory.mktemp("back")
    write_files(there, contents, digest_of(contents))
    files = read_files(there)
    assert files == contents
    write_files(back, files, digest_of(files))
    assert read_files(back) == contents


@pytest.mark.parametrize(
    "name", ["../x", "/etc/x", "a/../../x", "", ".", "a//b", "./a", "a\\b", "a\0", "a/.."]
)
def test_a_file_elsewhere_is_refused(name, tmp_path):
    assert not is_within(name)
    files = {"fine": b"", name: b"x"}
    with pytest.raises(ClusterError, match="expected files below their folder, got"):
        write_files(tmp_path / "in", files, digest_of(files))
    assert list(tmp_path.rglob("*")) == []


@given(names)
def test_plain_names_are_taken(name):
    assert is_within(name)


def test_damaged_files_are_refused_whole(tmp_path):
    files = {"a": b"1", "b": b"2"}
    for damaged in ({"a": b"1", "b": b"3"}, {"a": b"1"}, {"a": b"1", "c": b"2"}):
        with pytest.raises(ClusterError, match="damaged on the way"):
            write_files(tmp_path, damaged, digest_of(files))
    assert list(tmp_path.iterdir()) == []
