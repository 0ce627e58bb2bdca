"""What crosses the wires holds no code; what comes out is what went in, and nothing else is built."""

from __future__ import annotations

import json
import pickle
import pickletools
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marker_coupling.cluster.wire_values import from_json, plain, to_json
from marker_coupling.study.personas import PersonaPool
from marker_coupling.study.recipe import Recipe, read_recipe
from marker_coupling.study.registration import Registration
from marker_coupling.study.registration_file import read_registration
from marker_coupling.study.smoke import smoke_registration
from marker_coupling.study.study import Study, read_study

FIXTURES = Path(__file__).parents[3] / "fixtures"


def crossed(kind, value):
    return from_json(kind, json.loads(json.dumps(to_json(value))))


@pytest.mark.parametrize("name", ["study.toml", "toy/study.toml", "small/study.toml"])
def test_studies_keep_every_value_and_their_digests(name):
    study = read_study(FIXTURES / name)
    there = crossed(Study, study)
    assert there == study
    assert (there.digest, there.experiment_digest) == (study.digest, study.experiment_digest)
    assert list(there.prompts) == list(study.prompts)


@pytest.mark.parametrize("name", ["original", "on-policy", "small", "toy"])
def test_recipes_keep_every_value_and_their_digests(name):
    recipe = read_recipe(FIXTURES / "recipes" / f"{name}.toml").with_setting(0.1 + 0.2, 3)
    there = crossed(Recipe, recipe)
    assert there == recipe
    assert there.digest == recipe.digest


@pytest.mark.parametrize("change", [lambda same: same, smoke_registration])
def test_a_registration_keeps_its_digest(change):
    registration = change(read_registration(FIXTURES / "adjudication"))
    there = crossed(Registration, registration)
    assert there == registration
    assert there.digest == registration.digest
    pool = registration.personas.calibration
    assert crossed(PersonaPool, pool) == pool


class Pair(NamedTuple):
    name: str
    share: float


@dataclass(frozen=True)
class Everything:
    pair: Pair
    counts: tuple[int, ...]
    point: tuple[float, bool]
    kind: Literal["this", "that"]
    by_seed: dict[int, str | None]
    maybe: float | None = None


values = st.builds(
    Everything,
    st.builds(Pair, st.text(), st.floats(allow_nan=False)),
    st.lists(st.integers()).map(tuple),
    st.tuples(st.floats(allow_nan=False, allow_infinity=False), st.booleans()),
    st.sampled_from(["this", "that"]),
    st.dictionaries(st.integers(), st.none() | st.text()),
    st.none() | st.floats(allow_nan=False),
)


@given(values)
def test_any_value_comes_back(value):
    there = crossed(Everything, value)
    assert there == value
    assert list(there.by_seed) == list(value.by_seed)


@given(values, st.integers(0, 5), st.sampled_from([{"a": 1}, [[[1]]], "text", 1.5, True, [None]]))
def test_what_does_not_fit_is_refused(value, index, other):
    content = to_json(value)
    content[index] = other
    try:
        there = from_json(Everything, content)
    except (TypeError, ValueError):
        return
    assert to_json(there) == content  # it fitted


@pytest.mark.parametrize("value", [object(), b"bytes", {1, 2}, Path("x"), Study])
def test_other_objects_are_not_sent(value):
    with pytest.raises(TypeError, match="expected texts, numbers and dataclasses of them, got"):
        to_json([value])


def test_an_unknown_or_missing_field_is_refused():
    with pytest.raises(TypeError, match=r"expected Pair, got \['a', 1.0, 2\]"):
        from_json(Pair, ["a", 1.0, 2])


leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.binary(max_size=8)
values = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
)
#: Opcodes of a pickle that import or call something.
CALLING = {
    "GLOBAL",
    "STACK_GLOBAL",
    "INST",
    "OBJ",
    "NEWOBJ",
    "NEWOBJ_EX",
    "REDUCE",
    "BUILD",
    "EXT1",
    "EXT2",
    "EXT4",
}


@given(values)
def test_plain_values_pass_and_their_pickles_call_nothing(value):
    assert plain(value) is value
    assert not CALLING & {opcode.name for opcode, _, _ in pickletools.genops(pickle.dumps(value))}


class Text(str):
    """A subclass, whose pickle names it."""


@pytest.mark.parametrize(
    "value",
    [object(), Path("x"), Text("x"), {1}, ValueError("x"), print, [{"a": [Path("x")]}], {Text("a"): 1}],
)
def test_anything_else_is_refused(value):
    with pytest.raises(TypeError, match="expected texts, numbers and bytes to send, got"):
        plain(value)


def test_references_pass_where_they_are_named():
    class Reference:
        pass

    value = [Reference(), {"a": Reference()}]
    assert plain(value, (Reference,)) is value
    with pytest.raises(TypeError, match="got Reference"):
        plain(value)
