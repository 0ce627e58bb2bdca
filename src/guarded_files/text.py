"""UTF-8 text files; other formats are recognised by their magic numbers and refused by name."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from guarded_files.files import read_bytes
from guarded_files.messages import refusal

_SIGNATURE = b"\xef\xbb\xbf"
#: Magic numbers of files that are often renamed to, or saved as, text; the longest match counts.
OTHER_FORMATS: Mapping[bytes, str] = MappingProxyType(
    {
        b"\x89PNG": "a PNG image",
        b"\xff\xd8\xff": "a JPEG image",
        b"GIF8": "a GIF image",
        b"%PDF": "a PDF document",
        b"{\\rtf": "an RTF document",
        b"PK\x03\x04": "an Excel or zip file",
        b"PK\x05\x06": "a zip file",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "an old Excel file",
        b"\x1f\x8b": "a gzip file",
        b"BZh": "a bzip2 file",
        b"\xfd7zXZ\0": "an xz file",
        b"\x28\xb5\x2f\xfd": "a Zstandard file",
        b"7z\xbc\xaf\x27\x1c": "a 7-Zip file",
        b"PAR1": "a Parquet file",
        b"ARROW1": "an Arrow or Feather file",
        b"\x89HDF": "an HDF5 file",
        b"\x93NUMPY": "a NumPy array",
        b"SQLite format 3": "an SQLite database",
        b"GGUF": "a GGUF file",
        b"version https://git-lfs": "a Git LFS pointer, and the file itself was not fetched (git lfs pull)",
        b"\xff\xfe": "UTF-16 text",
        b"\xfe\xff": "UTF-16 text",
        b"\xff\xfe\0\0": "UTF-32 text",
        b"\0\0\xfe\xff": "UTF-32 text",
    }
)


def read_text(path: Path, most_bytes: int, error: type[ValueError]) -> str:
    """Read a regular file of UTF-8 text; raises as `read_bytes` and `decode_text`."""
    return decode_text(path, read_bytes(path, most_bytes, error), error)


def decode_text(path: Path, content: bytes, error: type[ValueError]) -> str:
    """Decode UTF-8 text, without the byte order mark that some editors write.

    Raises
    ------
    error
        The bytes are of another format or encoding, or hold a NUL.
    """
    signatures = [signature for signature in OTHER_FORMATS if content.startswith(signature)]
    if signatures:
        raise refusal(
            error, path, "", f"expected UTF-8 text, this is {OTHER_FORMATS[max(signatures, key=len)]}"
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as cause:
        # The decoder does not count the signature.
        at = cause.start + (len(_SIGNATURE) if content.startswith(_SIGNATURE) else 0)
        line = content.count(b"\n", 0, at) + 1
        expected = f"expected UTF-8 text, byte {at} is 0x{content[at]:02x}"
        raise refusal(error, path, f"line {line}", expected) from cause
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise refusal(error, path, f"line {line}", "expected text, found a NUL byte")
    return text
