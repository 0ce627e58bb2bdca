"""JSON and TOML documents, scanned for size and depth before they are parsed.

A parser takes its time and memory before anything is known of the content. The costly parts are counted
first, in one pass over the text: levels, parts of a dotted key, arrays and tables, digits.
"""

from __future__ import annotations

import itertools
import json
import re
import tomllib
from pathlib import Path
from typing import Any

from guarded_files.files import MIB
from guarded_files.messages import quoted, refusal
from guarded_files.text import read_text

MOST_TOML_BYTES = MIB
#: Arrays and tables in each other. Ours have four levels.
MOST_LEVELS = 32
#: Each part of a dotted key is a table, in which a parser keeps more than a kilobyte.
MOST_KEY_PARTS = 16
MOST_JSON_PARTS, MOST_TOML_PARTS = 1_000_000, 20_000
#: A bare word of TOML is a key, a number or a date.
LONGEST_WORD = 100
#: With more a whole number may be beyond every float, and Python refuses more than 4300 in another way.
MOST_DIGITS = 300

# Each pattern takes whatever it begins to take, so that no text makes it look twice.
_JSON_STRING = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)
_TOML_QUIET = re.compile(
    r'"""(?:[^"\\]|\\.|"(?!""))*+(?:"{3,5})?'  # text of several lines
    r"|'''(?:[^']|'(?!''))*+(?:'{3,5})?"
    r'|"[^"\\\n]*+(?:\\.[^"\\\n]*+)*+"?'  # text in one line
    r"|'[^'\n]*+'?"
    r"|\#[^\n]*+",
    re.DOTALL,
)
_DOTTED = re.compile(rf"\.(?:[ \t]*+[\w\"'+-]++[ \t]*+\.){{{MOST_KEY_PARTS - 1}}}")
_LONG_WORD = re.compile(rf"(?<![\w+-])[\w+-]{{{LONGEST_WORD + 1}}}")
_LONG_NUMBER = re.compile(rf"(?<![0-9])[0-9]{{{MOST_DIGITS + 1}}}")
_STEPS = {"[": 1, "{": 1, "]": -1, "}": -1}
_NO_BRACKETS = re.compile(r"[^][{}]++")


def read_json(path: Path, most_bytes: int, error: type[ValueError], *, allow_nan: bool = False) -> Any:
    """Read a JSON file; parameters and errors are those of `parse_json` and `read_bytes`."""
    return parse_json(path, read_text(path, most_bytes, error), error, allow_nan=allow_nan)


def parse_json(
    path: Path, text: str, error: type[ValueError], *, most_nested: int = MOST_JSON_PARTS, allow_nan: bool
) -> Any:
    """Parse JSON.

    Parameters
    ----------
    path : for messages
    text : the document
    error : class of the error raised
    most_nested : arrays and objects, all together
    allow_nan : take NaN and Infinity, which are no JSON, for floats, as Python's own writer does

    Raises
    ------
    error
        The text is no JSON, is nested too deep or too often, has a number of too many digits, or an object
        has a key twice, of which some readers take the last and some the first.
    """
    structure = _JSON_STRING.sub("", text)
    _check_levels(path, structure, error, most_nested)
    if _LONG_NUMBER.search(structure):
        expected = f"expected JSON with numbers of a sensible length, at most {MOST_DIGITS} digits"
        raise refusal(error, path, "", expected)

    def distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        content: dict[str, Any] = {}
        for key, value in pairs:
            if key in content:
                expected = f"expected different keys in an object, {quoted(key)} is there twice"
                raise refusal(error, path, "", expected)
            content[key] = value
        return content

    def refuse_constant(name: str) -> float:
        if allow_nan:
            return float(name)
        raise refusal(error, path, "", f"expected JSON, which has no {name}")

    try:
        return json.loads(text, object_pairs_hook=distinct, parse_constant=refuse_constant)
    except json.JSONDecodeError as cause:
        expected = f"expected JSON: {cause.msg} at column {cause.colno}"
        raise refusal(error, path, f"line {cause.lineno}", expected) from cause


def read_toml(path: Path, error: type[ValueError]) -> dict[str, Any]:
    """Read a TOML file; errors are those of `parse_toml` and `read_bytes`."""
    return parse_toml(path, read_text(path, MOST_TOML_BYTES, error), error)


def parse_toml(path: Path, text: str, error: type[ValueError]) -> dict[str, Any]:
    """Parse TOML.

    Raises
    ------
    error
        The text is no TOML, or has too many levels, parts, digits, or parts of a dotted key.
    """
    # A quoted part of a key stays one, of one character, and line numbers do not change.
    structure = _TOML_QUIET.sub(
        lambda quiet: "" if quiet[0][0] == "#" else '"' + "\n" * quiet[0].count("\n"), text
    )
    for pattern, expected in (
        (_LONG_WORD, f"keys, numbers and dates of at most {LONGEST_WORD} characters"),
        (_DOTTED, f"dotted keys of at most {MOST_KEY_PARTS} parts"),
    ):
        if match := pattern.search(structure):
            line = structure.count("\n", 0, match.start()) + 1
            raise refusal(error, path, f"line {line}", f"expected {expected}, got {quoted(match[0].strip())}")
    parts = sum(map(structure.count, "=.[{"))
    if parts > MOST_TOML_PARTS:
        expected = f"expected at most {MOST_TOML_PARTS} keys, arrays and tables, got some {parts}"
        raise refusal(error, path, "", expected)
    _check_levels(path, structure, error, MOST_TOML_PARTS)
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as cause:
        raise refusal(error, path, "", f"expected TOML: {cause!s:.120}") from cause


def _check_levels(path: Path, structure: str, error: type[ValueError], most_nested: int) -> None:
    brackets = _NO_BRACKETS.sub("", structure)
    if brackets.count("[") + brackets.count("{") > most_nested:
        raise refusal(error, path, "", f"expected at most {most_nested} arrays and objects")
    if max(itertools.accumulate(map(_STEPS.__getitem__, brackets)), default=0) > MOST_LEVELS:
        raise refusal(error, path, "", f"expected at most {MOST_LEVELS} levels, this is nested too deep")
