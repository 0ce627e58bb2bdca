"""Schemas: every key of every file has bounds, and whatever is beyond them is one line that names key and bounds."""

from __future__ import annotations

import json
import math
import re
import shutil
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guarded_files.schema import Array, Named, Nullable, Section, Unchecked
from guarded_files.schema_values import AnyText, Choice, Flag, Mismatch, Real, Text, Whole
from marker_coupling.evidence.published import PUBLISHED, PrintedDecimal, load_published
from marker_coupling.evidence.values.experiment_evidence import EXPERIMENT_EVIDENCE
from marker_coupling.study.recipe import RECIPE, read_recipe
from marker_coupling.study.study import STUDY, read_study
from marker_coupling.toy.toy_world import TOY_WORLD, read_toy_world

ROOT = Path(__file__).parents[2]
FILES = {
    "study": (STUDY, ROOT / "fixtures/study.toml"),
    "recipe": (RECIPE, ROOT / "fixtures/recipes/original.toml"),
    "toy_world": (TOY_WORLD, ROOT / "src/marker_coupling/toy/toy_world.toml"),
    "published": (PUBLISHED, ROOT / "fixtures/published/published.toml"),
}


def kinds(kind, key=""):
    """Every kind in a schema, with the key that it is for."""
    yield key, kind
    if isinstance(kind, Section):
        for name, inner in kind.fields.items():
            yield from kinds(inner, f"{key}.{name}" if key else name)
    elif isinstance(kind, Array):
        yield from kinds(kind.of, f"{key}[0]")
    elif isinstance(kind, Named):
        yield from kinds(kind.of, f"{key}.*")
    elif isinstance(kind, Nullable):
        yield from kinds(kind.of, key)


@pytest.mark.parametrize("schema", [STUDY, RECIPE, TOY_WORLD, PUBLISHED, EXPERIMENT_EVIDENCE])
def test_every_key_is_bounded_and_says_so(schema):
    for key, kind in kinds(schema):
        if isinstance(kind, Whole):
            assert 0 <= kind.low < kind.high <= 2**53, key
            assert str(kind.low) in str(kind), key
            assert str(kind.high) in str(kind), key
        elif isinstance(kind, Real):
            assert -math.inf < kind.low < kind.high < math.inf, key
            assert f"from {kind.low:g} to {kind.high:g}" in str(kind), key
        elif isinstance(kind, AnyText):
            assert 0 < kind.longest <= 10_000, key
            assert f"at most {kind.longest} characters" in str(kind), key
        elif isinstance(kind, Array | Named):
            assert 0 <= kind.least <= kind.most <= 10_001, key
            assert str(kind.most) in str(kind), key
        else:
            assert isinstance(kind, Flag | Choice | PrintedDecimal | Section | Nullable | Unchecked), key


def wrong_values(kind):
    """Values that are not of a kind, among them those just beyond its bounds."""
    if isinstance(kind, Whole):
        return kind.low - 1, kind.high + 1, 10**30, 0.5, "1", True, [1]
    if isinstance(kind, Real):
        beyond = math.nextafter(kind.high, math.inf), math.nextafter(kind.low, -math.inf)
        return *beyond, math.nan, math.inf, -math.inf, 10**30, "0.5", True, [0.5]
    if isinstance(kind, Text):
        one_line = ("a\nb", " a", "a\u200bb", "\u2028") if kind.one_line else ()
        return *one_line, "x" * (kind.longest + 1), "", " \n", "\u200b", "a\x1bb", "a\x07", 1, ["a"]
    if isinstance(kind, Flag):
        return 0, "true", []
    if isinstance(kind, Choice):
        return "other", 1, [kind.choices[0]]
    if isinstance(kind, Array):
        return [], {}, "a", 1, [None] * (kind.most + 1)
    if isinstance(kind, Named):
        return (
            {},
            [],
            "a",
            {str(k): "x" for k in range(kind.most + 1)},
            {"a\nb": "x", "c": "y"},
            {"x" * 101: "y"},
        )
    return "a", 1, [], [{}]


def replaced(content, key, value):
    """A document with another value for a key."""
    first, _, rest = key.replace("[0]", ".0").partition(".")
    if isinstance(content, list):
        return [replaced(content[0], rest, value) if rest else value, *content[1:]]
    name = next(iter(content)) if first == "*" else first
    inner = replaced(content[name], rest, value) if rest else value
    return {**content, name: inner}


@pytest.mark.parametrize("file", FILES)
def test_whatever_is_no_value_of_a_key_is_refused_with_the_key(file):
    schema, path = FILES[file]
    content = tomllib.loads(path.read_text(encoding="utf-8"))
    schema.check(content)
    tried = 0
    for key, kind in kinds(schema):
        if not key or key == "centring" or key.startswith("centring."):
            continue
        for value in wrong_values(kind):
            with pytest.raises(Mismatch) as caught:
                schema.check(replaced(content, key, value))
            said = caught.value.key
            expected = f"{key[:-1]}{next(iter(content[key[:-2]]))}" if key.endswith(".*") else key
            # What is wrong with all tables of an array is said of the array.
            assert said in (expected, expected.removesuffix("[0]")) or said.startswith(expected)
            assert "expected" in caught.value.problem
            tried += 1
    assert tried > 80


@pytest.mark.parametrize("file", FILES)
def test_a_key_that_is_missing_or_unknown_is_named(file):
    schema, path = FILES[file]
    content = tomllib.loads(path.read_text(encoding="utf-8"))
    for key, kind in list(kinds(schema)):
        if not isinstance(kind, Section) or key.startswith("centring"):
            continue
        for name in kind.fields:
            if name in kind.optional:
                continue
            # A slip of one letter is not looked for in names of one letter.
            slip = f"; is '{name}s' a slip of it?" if len(name) > 1 else "got nothing"
            with pytest.raises(Mismatch, match=re.escape(slip)) as caught:
                schema.check(renamed(content, key, name))
            assert caught.value.key == (f"{key}.{name}" if key else name)
        with pytest.raises(Mismatch, match="unknown; expected one of "):
            schema.check(changed(content, key, lambda table: {**table, "new": 1}))


def renamed(content, key, name):
    return changed(
        content, key, lambda table: {f"{k}s" if k == name else k: value for k, value in table.items()}
    )


def changed(content, key, change):
    """A document with another table at a key."""
    if not key:
        return change(content)
    first, _, rest = key.replace("[0]", ".0").partition(".")
    if isinstance(content, list):
        return [changed(content[0], rest, change), *content[1:]]
    return {**content, first: changed(content[first], rest, change)}


@pytest.mark.parametrize(
    ("read", "file", "old", "new", "message"),
    [
        (read_study, "study", "resamples = 1000", "resamples = 10_000_000_000", "key measurement.resamples: expected a whole number from 100 to 100000, got 10000000000"),
        (read_study, "study", "reference_blocks = 28", "reference_blocks = 1001", "key measurement.reference_blocks: expected a whole number from 1 to 1000, got 1001"),
        (read_recipe, "recipe", "rank = 32", "rank = 100_000_000", "key adapter.rank: expected a whole number from 1 to 16384, got 100000000"),
        (read_recipe, "recipe", "epochs = 3", "epochs = 0x" + "f" * 90, "key optimizer.epochs: expected a whole number from 1 to 1000, got a number of more than 40 digits"),
        (read_toy_world, "toy_world", "steps = 1300", "steps = 1_000_000_000", "key training.steps: expected a whole number from 1 to 1000000, got 1000000000"),
    ],
)  # fmt: skip
def test_files_are_refused_by_their_schema(tmp_path, read, file, old, new, message):
    text = FILES[file][1].read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "f.toml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ValueError, match=r"f\.toml: key ") as caught:
        read(path)
    assert str(caught.value) == f"{path}: {message}"


@pytest.mark.parametrize("reader", ["study", "recipe", "toy_world", "published"])
@given(content=st.binary(max_size=2**16) | st.text("[]{}=\"'.,#\n\t ab1", max_size=60).map(str.encode))
def test_any_bytes_are_read_or_refused_with_the_readers_own_error(tmp_path_factory, reader, content):
    folder = tmp_path_factory.mktemp("any")
    if reader == "published":
        shutil.copytree(ROOT / "fixtures/published", folder, dirs_exist_ok=True)
    path = folder / "published.toml"
    path.write_bytes(content)
    read = {"study": read_study, "recipe": read_recipe, "toy_world": read_toy_world}
    refusal = str(path)
    try:
        load_published(folder) if reader == "published" else read[reader](path)
    except ValueError as error:
        assert type(error).__name__ in ("StudyError", "RecipeError", "ToyWorldError", "EvidenceError")  # noqa: PT017
        refusal = str(error)
    assert refusal.startswith(str(path))
    assert refusal.isprintable()


def test_a_long_key_is_cut_and_an_odd_one_escaped(tmp_path):
    path = tmp_path / "f.toml"
    path.write_text(f"{json.dumps('k' * 10_000)} = 1\n" + FILES["recipe"][1].read_text(encoding="utf-8"))
    with pytest.raises(ValueError, match=f"key {'k' * 100}...: unknown"):
        read_recipe(path)
    path.write_text('"a\\nb" = 1\n' + FILES["recipe"][1].read_text(encoding="utf-8"))
    with pytest.raises(ValueError, match=re.escape("key a\\nb: unknown")):
        read_recipe(path)


def test_a_retired_key_is_refused_with_its_reason_before_anything_else_is():
    schema = Section({"days": Whole(1, 31)}, retired={"weeks": "no longer a key: give days"})
    assert schema.check({"days": 3}) == {"days": 3}
    for content in ({"days": 3, "weeks": 1}, {"weeks": None}, {"months": 2, "weeks": 1, "days": 99}):
        with pytest.raises(Mismatch, match=r"^key weeks: no longer a key: give days$") as caught:
            schema.check(content)
        assert caught.value.key == "weeks"
    with pytest.raises(Mismatch, match=r"^key months: unknown; expected one of days$"):
        schema.check({"months": 2, "days": 3})
