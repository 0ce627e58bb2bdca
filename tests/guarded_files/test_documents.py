"""JSON and TOML of any content: a document, or one short line."""

from __future__ import annotations

import json
import tomllib

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from guarded_files import read_json, read_toml
from guarded_files.documents import LONGEST_WORD, MOST_DIGITS, MOST_KEY_PARTS, MOST_LEVELS, MOST_TOML_PARTS
from guarded_files.text import OTHER_FORMATS

MIB = 2**20
BYTES = st.binary(max_size=2**16) | st.text("[]{}\":,.=\n\r#'\\\t 01e-aé\0", max_size=80).map(str.encode)


class RefusedError(ValueError):
    """The error that the readers are told to raise."""


def reader(suffix):
    return {
        "json": lambda path: read_json(path, MIB, RefusedError),
        "toml": lambda path: read_toml(path, RefusedError),
    }[suffix]


def refused(tmp_path, suffix, content) -> str:
    path = tmp_path / f"d.{suffix}"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(RefusedError) as caught:
        reader(suffix)(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert message.isprintable()
    assert len(message) < len(str(path)) + 300
    return message.removeprefix(f"{path}: ")


@pytest.mark.parametrize("suffix", ["json", "toml"])
@given(content=BYTES)
@example(content=b"a=0x" + b"f" * 6000)
@example(content=b"a=" + b"1" * 5000)
@example(content=b"[" * 5000)
@example(content=b'"' + b"\\")
def test_any_bytes_are_a_document_or_the_one_error(tmp_path_factory, suffix, content):
    path = tmp_path_factory.mktemp("any") / f"d.{suffix}"
    path.write_bytes(content)
    refusal = f"{path}: "
    try:
        reader(suffix)(path)
    except RefusedError as error:
        refusal = str(error)
    assert refusal.startswith(f"{path}: ")
    assert refusal.isprintable()


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=12,
)  # fmt: skip


@given(JSON_VALUES, st.booleans(), st.booleans())
def test_json_is_what_was_written(tmp_path_factory, value, is_ascii, has_signature):
    path = tmp_path_factory.mktemp("json") / "d.json"
    text = json.dumps(value, ensure_ascii=is_ascii)
    try:
        path.write_text(text, encoding="utf-8-sig" if has_signature else "utf-8")
    except UnicodeEncodeError:
        return
    assert read_json(path, MIB, RefusedError) == value


TOML_KEYS = st.text("ab\"'.# =", max_size=4).map(json.dumps)
TOML_SCALARS = (
    st.integers(-(2**63), 2**63 - 1).map(str)
    | st.text("ab'\"#[]{}=.\\\n", max_size=8).map(json.dumps)
    | st.text("ab#[]{}=.\"\n\\", max_size=8).map(lambda text: f"'''{text}'''")
    | st.just("1979-05-27")
)  # fmt: skip
TOML_VALUES = st.recursive(
    TOML_SCALARS, lambda inner: st.lists(inner, max_size=3).map(lambda found: f"[{', '.join(found)}]"), max_leaves=6
)  # fmt: skip


@given(st.dictionaries(TOML_KEYS, TOML_VALUES, max_size=5))
def test_toml_is_what_the_parser_says(tmp_path_factory, pairs):
    """Brackets, dots and quotes in texts and comments mislead nothing."""
    path = tmp_path_factory.mktemp("toml") / "d.toml"
    text = "\n".join(f"{key} = {value} # '\" [[[ {'a.' * 50}" for key, value in pairs.items())
    path.write_text(text, encoding="utf-8")
    assert read_toml(path, RefusedError) == tomllib.loads(text)


def test_brackets_dots_and_digits_in_texts_and_comments_are_not_counted(tmp_path):
    path = tmp_path / "d.toml"
    quiet = "[" * 1000 + "a." * 100 + "9" * 1000
    text = f'# {quiet}\na = "{quiet}\\""\nb = \'{quiet}\'\nc = """\n{quiet}""""\nd = \'\'\'{quiet}\'\'\'\n'
    path.write_text(text)
    assert read_toml(path, RefusedError) == tomllib.loads(text)


@pytest.mark.parametrize(
    ("suffix", "content", "message"),
    [
        ("json", "[" * (MOST_LEVELS + 1) + "]" * (MOST_LEVELS + 1), f"expected at most {MOST_LEVELS} levels"),
        ("json", '{"a":' * 100_000, f"expected at most {MOST_LEVELS} levels, this is nested too deep"),
        ("json", "9" * (MOST_DIGITS + 1), f"at most {MOST_DIGITS} digits"),
        ("json", "1e5 " + "9" * 5000, f"at most {MOST_DIGITS} digits"),
        ("json", '{"a": NaN}', "expected JSON, which has no NaN"),
        ("json", "[-Infinity]", "expected JSON, which has no -Infinity"),
        ("json", '{"a": {"b": 1, "b": 2}}', "expected different keys in an object, 'b' is there twice"),
        ("json", '{"a":\n1,}', "line 2: expected JSON"),
        ("json", "", "line 1: expected JSON: Expecting value at column 1"),
        ("json", "[1]".encode("utf-16"), "expected UTF-8 text, this is UTF-16 text"),
        ("json", "[1]".encode("utf-32"), "expected UTF-8 text, this is UTF-32 text"),
        ("json", b'["\xe9"]', "line 1: expected UTF-8 text, byte 2 is 0xe9"),
        ("json", '["a\0"]', "line 1: expected text, found a NUL byte"),
        ("json", "<html>", "line 1: expected JSON"),
        ("toml", "a = " + "[" * (MOST_LEVELS + 1), f"expected at most {MOST_LEVELS} levels"),
        ("toml", "a = " + "{a=" * 5000, f"expected at most {MOST_LEVELS} levels, this is nested too deep"),
        ("toml", "x = 1\na" + ".a" * 20_000 + " = 1", f"line 2: expected dotted keys of at most {MOST_KEY_PARTS} parts"),
        ("toml", '"a"' + " . 'a'" * MOST_KEY_PARTS + " = 1", f"dotted keys of at most {MOST_KEY_PARTS} parts"),
        ("toml", "[a" + ".a" * MOST_KEY_PARTS + "]", f"dotted keys of at most {MOST_KEY_PARTS} parts"),
        ("toml", "a = " + "9" * 5000, f"keys, numbers and dates of at most {LONGEST_WORD} characters, got '999"),
        ("toml", "\n\na = 0x" + "f" * 100_000, f"line 3: expected keys, numbers and dates of at most {LONGEST_WORD}"),
        ("toml", "".join(f"k{k} = 1\n" for k in range(MOST_TOML_PARTS + 1)), f"expected at most {MOST_TOML_PARTS} keys"),
        ("toml", "a = 1\na = 2", "expected TOML: Cannot overwrite a value"),
        ("toml", "a = ", "expected TOML: Invalid value"),
        ("toml", "a = 2001-02-30", "expected TOML: Invalid date or datetime"),
        ("toml", 'a = """' + "\n" * 1000, "expected TOML"),
        ("toml", "a = 1".encode("utf-16"), "expected UTF-8 text, this is UTF-16 text"),
        ("toml", "a = '\0'", "line 1: expected text, found a NUL byte"),
        ("toml", "#" * (MIB + 1), "expected at most 1 MiB, got 2 MiB"),
        ("toml", b"PK\x03\x04", "expected UTF-8 text, this is an Excel or zip file"),
    ],
)  # fmt: skip
def test_what_is_refused(tmp_path, suffix, content, message):
    assert message in refused(tmp_path, suffix, content)


@pytest.mark.parametrize(("start", "name"), OTHER_FORMATS.items())
def test_other_formats_are_called_by_their_name(tmp_path, start, name):
    assert refused(tmp_path, "toml", start + b"...") == f"expected UTF-8 text, this is {name}"


def test_a_signature_before_the_text_is_no_part_of_it(tmp_path):
    path = tmp_path / "d.toml"
    path.write_bytes(b"\xef\xbb\xbfa = 1\r\n")
    assert read_toml(path, RefusedError) == {"a": 1}


def test_at_the_bounds_a_document_is_read(tmp_path):
    path = tmp_path / "d"
    path.write_text("a" + ".a" * (MOST_KEY_PARTS - 1) + " = 1")
    assert read_toml(path, RefusedError)
    path.write_text("[" * MOST_LEVELS + "1" * MOST_DIGITS + "]" * MOST_LEVELS)
    assert read_json(path, MIB, RefusedError)
    path.write_text("a = " + "[" * MOST_LEVELS + "1" * LONGEST_WORD + "]" * MOST_LEVELS)
    assert read_toml(path, RefusedError)
