"""The header of a GGUF file, walked through before anything believes it.

The header says how many settings, array elements and tensors follow. Readers loop so many times, whether or
not the file goes on, and build as many blocks as it says. Here every count is held against the bytes that are
there.
"""

from __future__ import annotations

import os
import struct
from pathlib import Path
from typing import BinaryIO, NoReturn

from guarded_files import open_regular, quoted, refusal
from marker_coupling.base_model import BaseModelError

_MAGIC = b"GGUF"
_VERSIONS = (2, 3)
_STRING, _ARRAY = 8, 9
#: Bytes of the values of each type, by its number.
_SIZES = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
_FORMATS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 10: "Q", 11: "q"}
_MOST_SETTINGS, _MOST_TENSORS, _MOST_DIMENSIONS, _MOST_LEVELS = 100_000, 100_000, 8, 4
_LONGEST_NAME = 65_535
#: Readers keep half a kilobyte for each element. The longest arrays, of tokens, have elements of 4 bytes.
_MOST_SMALL_ELEMENTS = 65_536
_WIDTHS = ("embedding_length", "feed_forward_length")
#: A quantised weight takes at least one bit.
_WEIGHTS_PER_BYTE = 8


def check_gguf_header(path: Path) -> None:
    """Refuse a file whose header is not that of a GGUF file, or says more than the file holds.

    Raises
    ------
    BaseModelError
        One line naming the file and what was expected.
    """
    with open_regular(path, BaseModelError) as file:
        if file.read(len(_MAGIC)) != _MAGIC:
            expected = f"expected a GGUF file, which starts with {_MAGIC.decode()}"
            raise refusal(BaseModelError, path, "", expected)
        _Header(path, file).check()


class _Header:
    """A header that is read from beginning to end, what follows the magic bytes."""

    def __init__(self, path: Path, file: BinaryIO) -> None:
        self._path, self._file = path, file
        self._size = os.fstat(file.fileno()).st_size
        self._at, self._order = len(_MAGIC), "<"
        self._numbers: dict[str, int] = {}
        self._largest_dimension = self._small_elements = 0

    def check(self) -> None:
        """Walk through it."""
        version = self._number("I")
        if not version & 0xFFFF:  # written on a machine of the other byte order
            self._order, version = ">", int.from_bytes(version.to_bytes(4, "little"), "big")
        if version not in _VERSIONS:
            self._fail(f"version 2 or 3, got {version}")
        tensors = self._count("tensors", _MOST_TENSORS, 24)
        for _ in range(self._count("settings", _MOST_SETTINGS, 13)):
            self._setting()
        for _ in range(tensors):
            self._tensor()
        self._check_shape(tensors)

    def _setting(self) -> None:
        name, kind = self._name(), self._number("I")
        if kind in _FORMATS:
            self._numbers[name] = self._number(_FORMATS[kind])
        else:
            self._skip_value(kind, name, 0)

    def _skip_value(self, kind: int, name: str, level: int) -> None:
        if kind == _STRING:
            self._skip(self._number("Q"))
        elif kind == _ARRAY:
            self._skip_array(name, level)
        elif kind in _SIZES:
            self._skip(_SIZES[kind])
        else:
            self._fail(f"a known type of setting {quoted(name)}, got {kind}")

    def _skip_array(self, name: str, level: int) -> None:
        if level >= _MOST_LEVELS:
            self._fail(f"arrays at most {_MOST_LEVELS} deep in setting {quoted(name)}")
        kind, count = self._number("I"), self._number("Q")
        size = _SIZES.get(kind, 8)
        if count * size > self._size - self._at:
            self._fail(f"the {count} elements of setting {quoted(name)}, the file ends before them")
        if size < 4:
            self._small_elements += count
        if self._small_elements > _MOST_SMALL_ELEMENTS:
            self._fail(
                f"at most {_MOST_SMALL_ELEMENTS} elements of 1 or 2 bytes, with setting {quoted(name)}"
            )
        if kind in _SIZES:
            self._skip(count * size)
            return
        for _ in range(count):
            self._skip_value(kind, name, level + 1)

    def _tensor(self) -> None:
        name, dimensions = self._name(), self._number("I")
        if dimensions > _MOST_DIMENSIONS:
            self._fail(f"at most {_MOST_DIMENSIONS} dimensions of tensor {quoted(name)}, got {dimensions}")
        weights = 1
        for _ in range(dimensions):
            length = self._number("Q")
            weights *= length
            self._largest_dimension = max(self._largest_dimension, length)
        if weights > self._size * _WEIGHTS_PER_BYTE:
            expected = f"the {quoted(weights)} weights of tensor {quoted(name)}"
            self._fail(f"{expected}, the file is too short for them")
        self._skip(12)  # its type, and where in the file it is

    def _check_shape(self, tensors: int) -> None:
        """Refuse a model with more blocks than tensors, or wider than any of its tensors."""
        if self._numbers.get("split.count", 1) > 1:
            return  # the tensors of a part are not those of the model
        for name, number in self._numbers.items():
            last = name.rpartition(".")[2]
            if last == "block_count" and not 0 < number <= tensors:
                self._fail(f"{name} from 1 to {tensors}, the tensors, got {number}")
            if last in _WIDTHS and not 0 <= number <= self._largest_dimension:
                expected = f"{name} of at most {self._largest_dimension}, the longest side of a tensor"
                self._fail(f"{expected}, got {number}")

    def _name(self) -> str:
        length = self._number("Q")
        if length > _LONGEST_NAME:
            self._fail(f"names of at most {_LONGEST_NAME} bytes, got one of {length}")
        return self._take(length).decode("utf-8", "replace")

    def _count(self, what: str, most: int, smallest: int) -> int:
        count = self._number("Q")
        if count > most:
            self._fail(f"at most {most} {what}, got {count}")
        if count * smallest > self._size:
            self._fail(f"the {count} {what} that it announces, the file is too short for them")
        return count

    def _number(self, form: str) -> int:
        number: int = struct.unpack(self._order + form, self._take(struct.calcsize("=" + form)))[0]
        return number

    def _take(self, count: int) -> bytes:
        content = self._file.read(count)
        if len(content or b"") < count:
            self._fail("a whole header, the file ends in it")
        self._at += count
        return content

    def _skip(self, count: int) -> None:
        self._at += count
        if self._at > self._size:
            self._fail("a whole header, the file ends in it")
        self._file.seek(count, os.SEEK_CUR)

    def _fail(self, expected: str) -> NoReturn:
        raise refusal(BaseModelError, self._path, "", f"expected a complete GGUF file: {expected}")
