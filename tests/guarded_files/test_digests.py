"""Digests of files: SHA-256, in the order asked for, however many are taken at once."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guarded_files import file_digest, file_digests


def test_a_known_digest(tmp_path):
    """The message ``abc`` of FIPS 180-2, and one of more than a block."""
    path = tmp_path / "f"
    path.write_bytes(b"abc")
    assert file_digest(path) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    path.write_bytes(b"a" * 10**6)
    assert file_digest(path) == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"


@given(st.lists(st.binary(max_size=300), max_size=9))
def test_digests_are_in_the_order_of_the_files(tmp_path_factory, contents):
    folder = tmp_path_factory.mktemp("files")
    paths = [folder / str(index) for index in range(len(contents))]
    for path, content in zip(paths, contents, strict=True):
        path.write_bytes(content)
    assert file_digests(paths) == [hashlib.sha256(content).hexdigest() for content in contents]


def test_a_file_that_is_missing_fails_them_all(tmp_path):
    (tmp_path / "f").write_bytes(b"x")
    with pytest.raises(FileNotFoundError):
        file_digests([tmp_path / "f", tmp_path / "absent"])
