"""Bytes of regular files: nothing that blocks, never ends, or is larger than it may be; and their digests."""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import BinaryIO, NoReturn

from guarded_files.messages import refusal

MIB = 2**20
#: Files whose digests are taken at the same time, each on a core.
_READ_AT_ONCE = 4
_KINDS = (
    (stat.S_ISDIR, "a directory"),
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


def read_bytes(path: Path, most_bytes: int, error: type[ValueError]) -> bytes:
    """Read a regular file whole.

    Parameters
    ----------
    path : the file; links are followed
    most_bytes : largest size; larger files are refused, unread if the file system states the size
    error : class of the error raised

    Raises
    ------
    error
        There is no such file, it may not be read, is no regular file, is too large, or changes while it is
        read.
    """
    with open_regular(path, error) as file:
        before = os.fstat(file.fileno())
        if before.st_size > most_bytes:
            _refuse_size(path, most_bytes, before.st_size, error)
        try:
            # Files under /proc and files that grow hold more than their size says.
            content = file.read(most_bytes + 1)
        except OSError as cause:
            _refuse_unreadable(path, cause, error)
        if content is None:
            raise refusal(error, path, "", "expected a file whose content is there, this one would block")
        if len(content) > most_bytes:
            _refuse_size(path, most_bytes, len(content), error)
        after = os.fstat(file.fileno())
        if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
            raise refusal(error, path, "", "expected a file that stays as it is while it is read")
    return content


def open_regular(path: Path, error: type[ValueError]) -> BinaryIO:
    """Open a regular file to read its bytes; raises as `read_bytes`, but for size and change."""
    try:
        # Without O_NONBLOCK a named pipe waits for a writer. The kind of the open descriptor is checked: the
        # path may be replaced in between.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except OSError as cause:
        with contextlib.suppress(OSError):  # a socket, say, cannot be opened
            _check_kind(path, path.stat().st_mode, error)
        _refuse_unreadable(path, cause, error)
    except ValueError:
        raise refusal(error, path, "", "expected a path without a NUL character") from None
    try:
        _check_kind(path, os.fstat(descriptor).st_mode, error)
        return open(descriptor, "rb")  # noqa: PTH123 - a descriptor
    except BaseException:
        os.close(descriptor)
        raise


def check_regular(path: Path, error: type[ValueError]) -> None:
    """Refuse all but readable regular files, for libraries that open a path themselves."""
    open_regular(path, error).close()


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def file_digests(paths: Sequence[Path]) -> list[str]:
    """Return the SHA-256 of files, several at the same time."""
    with ThreadPoolExecutor(_READ_AT_ONCE) as pool:
        return list(pool.map(file_digest, paths))


def _check_kind(path: Path, mode: int, error: type[ValueError]) -> None:
    if stat.S_ISREG(mode):
        return
    kind = next((name for is_kind, name in _KINDS if is_kind(mode)), "something else")
    raise refusal(error, path, "", f"expected an ordinary file, this is {kind}")


def _refuse_unreadable(path: Path, cause: OSError, error: type[ValueError]) -> NoReturn:
    missing = isinstance(cause, FileNotFoundError)
    reason = "no such file" if missing else cause.strerror or type(cause).__name__
    raise refusal(error, path, "", f"expected a file that can be read: {reason}") from cause


def _refuse_size(path: Path, most: int, size: int, error: type[ValueError]) -> NoReturn:
    # Rounded up, so that one byte too many is not said to be as much as is allowed.
    got = f"{-(-size // MIB)} MiB" if most >= MIB else f"{size} bytes"
    allowed = f"{most // MIB} MiB" if most >= MIB else f"{most} bytes"
    raise refusal(error, path, "", f"expected at most {allowed}, got {got}")
