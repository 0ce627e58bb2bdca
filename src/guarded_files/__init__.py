"""Guarded reading of files from outside: bounded in size, depth, time and memory.

Knows no tests and no models, and needs nothing but the standard library, so that every package can read with
it. A refused file is one error of one line: the file, the position in it, and the expected content.
"""

from guarded_files.digests import file_digest, file_digests
from guarded_files.documents import parse_json, parse_toml, read_json, read_toml
from guarded_files.files import check_regular, open_regular, read_bytes
from guarded_files.messages import one_line, quoted, refusal
from guarded_files.text import decode_text, read_text

__all__ = [
    "check_regular",
    "decode_text",
    "file_digest",
    "file_digests",
    "one_line",
    "open_regular",
    "parse_json",
    "parse_toml",
    "quoted",
    "read_bytes",
    "read_json",
    "read_text",
    "read_toml",
    "refusal",
]
