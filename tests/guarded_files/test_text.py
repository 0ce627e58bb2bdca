"""UTF-8 text, or one line that says what else the bytes are and where."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import re
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from guarded_files import decode_text, read_text
from guarded_files.text import OTHER_FORMATS

PATH = Path("notes.txt")
SIGNATURE = b"\xef\xbb\xbf"
PLAIN = st.text(st.characters(codec="utf-8", exclude_characters="\0\ufeff")).filter(
    lambda text: not text.encode().startswith(tuple(OTHER_FORMATS))
)


class RefusedError(ValueError):
    """The error that the readers are told to raise."""


def refused(content):
    with pytest.raises(RefusedError) as caught:
        decode_text(PATH, content, RefusedError)
    return str(caught.value).removeprefix("notes.txt: ")


@given(PLAIN, st.booleans())
def test_text_is_what_was_written_with_or_without_a_signature(tmp_path_factory, text, signed):
    path = tmp_path_factory.mktemp("text") / "f"
    path.write_bytes(SIGNATURE * signed + text.encode())
    assert read_text(path, 10**6, RefusedError) == text


@given(PLAIN, st.binary(min_size=1, max_size=8), st.booleans())
def test_bytes_of_no_text_are_named_with_their_line(text, stray, signed):
    content = SIGNATURE * signed + text.encode() + b"\xff" + stray
    if content.startswith(tuple(OTHER_FORMATS)):
        return
    at = content.index(b"\xff")
    line = content.count(b"\n", 0, at) + 1
    assert refused(content) == f"line {line}: expected UTF-8 text, byte {at} is 0xff"


@given(PLAIN, PLAIN)
def test_a_nul_is_named_with_its_line(before, after):
    content = f"{before}\0{after}".encode()
    if not content.startswith(tuple(OTHER_FORMATS)):
        line = before.count("\n") + 1
        assert refused(content) == f"line {line}: expected text, found a NUL byte"


def numpy_file():
    file = io.BytesIO()
    np.save(file, np.zeros(2))
    return file.getvalue()


def zip_file(*names):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (gzip.compress(b"a"), "a gzip file"), (bz2.compress(b"a"), "a bzip2 file"), (lzma.compress(b"a"), "an xz file"),
        (numpy_file(), "a NumPy array"), (zip_file("a"), "an Excel or zip file"), (zip_file(), "a zip file"),
        ("a".encode("utf-16"), "UTF-16 text"), (b"\xfe\xff" + "a".encode("utf-16-be"), "UTF-16 text"),
        ("a".encode("utf-32"), "UTF-32 text"),
    ],
    ids=lambda part: part if isinstance(part, str) else "",
)  # fmt: skip
def test_what_other_programs_write_is_called_by_its_name(content, name):
    """Bytes that the programs themselves write, rather than those of the table."""
    assert refused(content) == f"expected UTF-8 text, this is {name}"


def test_a_text_that_only_mentions_a_format_is_text():
    text = "the file began with PK\x03\x04"
    assert decode_text(PATH, text.encode(), RefusedError) == text
    with pytest.raises(RefusedError, match=re.escape("notes.txt: expected UTF-8 text, this is a GIF image")):
        decode_text(PATH, b"GIF89a", RefusedError)
