"""Kinds of files: what is no regular file, never ends or changes is one line, and nothing waits; digests."""

from __future__ import annotations

import hashlib
import os
import socket
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guarded_files import check_regular, file_digest, file_digests, open_regular, read_bytes


class RefusedError(ValueError):
    """The error that the readers are told to raise."""


def refused(path, most=100) -> str:
    with pytest.raises(RefusedError) as caught:
        read_bytes(Path(path), most, RefusedError)
    message = str(caught.value)
    assert message.startswith(str(path).encode("unicode_escape").decode()[:20])
    assert message.isprintable()
    assert "expected" in message
    return message


def test_a_file_is_read_up_to_its_limit(tmp_path):
    path = tmp_path / "f"
    for size in (0, 1, 100):
        path.write_bytes(b"x" * size)
        assert read_bytes(path, 100, RefusedError) == b"x" * size
    path.write_bytes(b"x" * 101)
    assert refused(path).endswith("expected at most 100 bytes, got 101 bytes")
    assert refused(path, 0).endswith("expected at most 0 bytes, got 101 bytes")


def test_a_link_is_followed_and_a_loop_of_links_is_refused(tmp_path):
    (tmp_path / "f").write_bytes(b"x")
    (tmp_path / "link").symlink_to("f")
    assert read_bytes(tmp_path / "link", 100, RefusedError) == b"x"
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    assert "expected a file that can be read: " in refused(tmp_path / "a")
    (tmp_path / "dangling").symlink_to("nowhere")
    assert refused(tmp_path / "dangling").endswith("expected a file that can be read: no such file")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_is_refused_without_waiting_for_a_writer(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    assert refused(tmp_path / "pipe").endswith("expected an ordinary file, this is a named pipe")
    (tmp_path / "link").symlink_to("pipe")
    assert refused(tmp_path / "link").endswith("this is a named pipe")


@pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="no sockets in folders here")
def test_a_socket_and_a_folder_are_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # names of sockets are short
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind("socket")
        assert refused("socket").endswith("expected an ordinary file, this is a socket")
    assert refused(tmp_path).endswith("expected an ordinary file, this is a directory")


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="no such device here")
@pytest.mark.parametrize("device", ["/dev/zero", "/dev/null", "/dev/urandom"])
def test_devices_are_refused(device):
    assert refused(device).endswith("expected an ordinary file, this is a device")


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="no such file here")
def test_a_file_that_holds_more_than_its_size_says_is_read_up_to_the_limit():
    assert Path("/proc/self/maps").stat().st_size == 0
    assert "expected at most 100 bytes" in refused("/proc/self/maps")


def test_a_file_that_grows_while_it_is_read_is_refused(tmp_path):
    path = tmp_path / "f"
    path.write_bytes(b"x")
    stop = threading.Event()

    def grow():
        with path.open("ab", buffering=0) as file:
            while not stop.is_set():
                file.write(b"x" * 1000)

    writer = threading.Thread(target=grow)
    writer.start()
    try:
        message = ""
        while "stays as it is" not in message and "at most" not in message:
            try:
                read_bytes(path, 10**6, RefusedError)
            except RefusedError as error:
                message = str(error)
    finally:
        stop.set()
        writer.join()


@pytest.mark.parametrize("name", ["absent", "f/below", "n" * 5000, "a\0b", "line\nend", "\udcff"])
def test_names_that_cannot_be_opened(tmp_path, name):
    (tmp_path / "f").write_bytes(b"x")
    refused(tmp_path / name)


def test_what_another_reader_opens_itself_is_looked_at_as_well(tmp_path):
    path = tmp_path / "f"
    path.write_bytes(b"x")
    check_regular(path, RefusedError)
    with open_regular(path, RefusedError) as file:
        assert file.read() == b"x"
    with pytest.raises(RefusedError, match="this is a directory"):
        check_regular(tmp_path, RefusedError)


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
