"""Guarded reading of files from outside: bounded in size, depth, time and memory.

Knows no tests and no models, and needs nothing but the standard library, so that every package can read with
it. A refused file is one error of one line: the file, the position in it, and the expected content.
"""

from inspect import ismodule as _ismodule

from guarded_files.documents import parse_json as parse_json
from guarded_files.documents import parse_toml as parse_toml
from guarded_files.documents import read_json as read_json
from guarded_files.documents import read_toml as read_toml
from guarded_files.files import check_regular as check_regular
from guarded_files.files import file_digest as file_digest
from guarded_files.files import file_digests as file_digests
from guarded_files.files import open_regular as open_regular
from guarded_files.files import read_bytes as read_bytes
from guarded_files.messages import one_line as one_line
from guarded_files.messages import quoted as quoted
from guarded_files.messages import refusal as refusal
from guarded_files.text import decode_text as decode_text
from guarded_files.text import read_text as read_text

#: The public names: those that are imported above.
__all__ = [name for name, value in vars().items() if not (name.startswith("_") or _ismodule(value))]
