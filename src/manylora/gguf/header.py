"""Header of a GGUF file: its settings and the shapes of its tensors, without their numbers.

Read with every length held against the file's size, as a damaged length would make others read without end.
"""

from __future__ import annotations

import math
import mmap
import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gguf

from guarded_files import open_regular
from manylora.errors import BaseModelError

_MAGIC = b"GGUF"
#: By number in the file; strings and arrays have lengths of their own.
_SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_STRING, _ARRAY = 8, 9
_MOST_DIMENSIONS = 4
#: A conversion keeps a kilobyte for each element of an array. The long ones, of tokens, have
#: elements of four bytes; a megabyte of smaller ones would be a gigabyte.
_SMALL_BYTES, _MOST_SMALL_ELEMENTS = 4, 65_536
_PART = re.compile(r"-(\d{5})-of-(\d{5})\.gguf", re.IGNORECASE)
#: The layout of quantized blocks that is read; files without quantized tensors need not name it.
_QUANTIZATION_VERSION = 2
_UNQUANTIZED = frozenset({"F16", "F32", "F64", "BF16"})


@dataclass(frozen=True)
class GgufTensor:
    """A tensor as the file describes it.

    Parameters
    ----------
    shape : the fastest dimension first
    kind : how its numbers are stored, such as ``"F32"`` or ``"Q4_K"``
    """

    shape: tuple[int, ...]
    kind: str

    @property
    def numbers(self) -> int:
        """Number of its elements."""
        return math.prod(self.shape)


@dataclass(frozen=True)
class GgufHeader:
    """The settings and tensors of a file.

    Parameters
    ----------
    settings : by key; None stands for an array of strings
    tensors : by name
    """

    settings: Mapping[str, Any]
    tensors: Mapping[str, GgufTensor]


def read_header(file: Path) -> GgufHeader:
    """Read the header of a GGUF file that holds a whole language model.

    Raises
    ------
    BaseModelError
        The file is no GGUF file, is cut off, or holds something else: a part of a model, an adapter, a vision
        projector, a vocabulary.
    """
    if (part := _PART.search(file.name)) and int(part[2]) > 1:
        raise _in_parts(file, int(part[2]))
    with open_regular(file, BaseModelError) as opened:
        if opened.read(4) != _MAGIC:
            raise BaseModelError(f"{file}: expected a GGUF file, which starts with {_MAGIC.decode()}")
        with mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as content:
            try:
                header = _Reader(file, content).header()
            except (struct.error, UnicodeDecodeError, OverflowError) as error:
                raise BaseModelError(f"{file}: expected a complete GGUF file: {error!s:.120}") from error
    _check_kind(file, header)
    return header


class _Reader:
    """Reads a file from its beginning."""

    def __init__(self, file: Path, content: mmap.mmap) -> None:
        self._file, self._content, self._at = file, content, len(_MAGIC)
        self._small_elements = 0

    def header(self) -> GgufHeader:
        version = self._number("I")
        if version & 0xFFFF == 0:
            raise self._error("expected a GGUF file in little-endian order, got big-endian")
        if version not in (2, 3):
            raise self._error(f"expected a GGUF file of version 2 or 3, got {version}")
        tensors, settings = self._count(8), self._count(8)
        values = {}
        for _ in range(settings):
            key = self._string()
            if key in values:
                raise self._error(f"key {key:.80}: expected once, got twice")
            values[key] = self._value(self._number("I"))
        described = [self._tensor() for _ in range(tensors)]
        if len({name for name, *_ in described}) < len(described):
            raise self._error("expected tensors with names of their own, got one twice")
        self._check_size(values.get("general.alignment", gguf.GGUF_DEFAULT_ALIGNMENT), described)
        return GgufHeader(values, {name: tensor for name, tensor, _ in described})

    def _check_size(self, alignment: object, described: list[tuple[str, GgufTensor, int]]) -> None:
        if not isinstance(alignment, int) or alignment < 1:
            raise self._error(f"key general.alignment: expected a number of bytes, got {alignment!r:.40}")
        start = -(-self._at // alignment) * alignment
        for name, tensor, offset in described:
            block, size = gguf.GGML_QUANT_SIZES[gguf.GGMLQuantizationType[tensor.kind]]
            end = start + offset + tensor.numbers // block * size
            if end > len(self._content):
                raise self._cut_off(f"tensor {name:.80} ends at byte {end:,} of {len(self._content):,}")

    def _error(self, what: str) -> BaseModelError:
        return BaseModelError(f"{self._file}: {what}")

    def _cut_off(self, what: str) -> BaseModelError:
        return self._error(f"expected a complete GGUF file: {what}")

    def _numbers(self, count: int, kind: str) -> tuple[Any, ...]:
        values = struct.unpack_from(f"<{count}{kind}", self._content, self._at)
        self._at += struct.calcsize(f"<{count}{kind}")
        return values

    def _number(self, kind: str) -> Any:
        return self._numbers(1, kind)[0]

    def _count(self, smallest: int) -> int:
        """Read how many things of at least so many bytes follow."""
        count = int(self._number("Q"))
        if count * smallest > len(self._content) - self._at:
            raise self._cut_off(f"{count:,} values at byte {self._at:,}")
        return count

    def _string(self) -> str:
        return self._bytes().decode()

    def _bytes(self) -> bytes:
        length = self._count(1)
        self._at += length
        return self._content[self._at - length : self._at]

    def _value(self, kind: int) -> Any:
        if kind == _STRING:
            return self._string()
        if kind != _ARRAY:
            return self._number(self._scalar(kind))
        kind = self._number("I")
        if kind == _STRING:
            for _ in range(self._count(8)):
                self._bytes()
            return None
        scalar = self._scalar(kind)
        count = self._count(struct.calcsize(scalar))
        if struct.calcsize(scalar) < _SMALL_BYTES:
            self._small_elements += count
        if self._small_elements > _MOST_SMALL_ELEMENTS:
            raise self._error(f"expected at most {_MOST_SMALL_ELEMENTS} array elements of 1 or 2 bytes")
        return list(self._numbers(count, scalar))

    def _scalar(self, kind: int) -> str:
        if kind not in _SCALARS:
            raise self._cut_off(f"a value of kind {kind}")
        return _SCALARS[kind]

    def _tensor(self) -> tuple[str, GgufTensor, int]:
        name, dimensions = self._string(), self._number("I")
        if dimensions > _MOST_DIMENSIONS:
            raise self._error(f"tensor {name:.80}: expected at most {_MOST_DIMENSIONS} dimensions")
        shape = self._numbers(dimensions, "Q")
        kind, offset = self._number("I"), self._number("Q")
        try:
            return name, GgufTensor(shape, gguf.GGMLQuantizationType(kind).name), offset
        except ValueError as error:
            expected = f"expected a kind of numbers that is known, got kind {kind}"
            raise self._error(f"tensor {name:.80}: {expected}") from error


def _check_kind(file: Path, header: GgufHeader) -> None:
    settings = header.settings
    kind, architecture = settings.get("general.type", "model"), settings.get("general.architecture")
    kind = "adapter" if kind == "model" and "adapter.type" in settings else kind
    if kind != "model":
        raise BaseModelError(f"{file}: key general.type: expected a model, got {kind!r:.40}")
    if not isinstance(architecture, str):
        raise BaseModelError(f"{file}: key general.architecture: expected a name, got {architecture!r:.40}")
    parts = settings.get("split.count", 1)
    if parts not in (0, 1):
        raise _in_parts(file, parts)
    count = len(header.tensors)
    if (stated := settings.get("split.tensors.count", count)) != count:
        expected = f"expected {count}, as there are so many tensors, got {stated!r:.40}"
        raise BaseModelError(f"{file}: key split.tensors.count: {expected}")
    if not header.tensors:
        raise BaseModelError(f"{file}: expected a model with its weights, got none, as in a vocabulary")
    blocks = settings.get(f"{architecture}.block_count", 0)
    if not isinstance(blocks, int) or blocks > count:
        expected = f"expected at most {count}, which are all tensors, got {blocks!r:.40}"
        raise BaseModelError(f"{file}: key {architecture}.block_count: {expected}")
    layout = settings.get("general.quantization_version", _QUANTIZATION_VERSION)
    if layout != _QUANTIZATION_VERSION and {tensor.kind for tensor in header.tensors.values()} - _UNQUANTIZED:
        expected = f"expected {_QUANTIZATION_VERSION}, got {layout!r:.40}"
        raise BaseModelError(f"{file}: key general.quantization_version: {expected}")


def _in_parts(file: Path, parts: object) -> BaseModelError:
    return BaseModelError(
        f"{file}: expected a model in one file, got one of {parts!r:.20} parts; "
        "merge them first: llama-gguf-split --merge"
    )
