"""What is handed to Ray is of types whose pickles hold no code."""

from __future__ import annotations

import pickletools
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marker_coupling.cluster.plain_values import plain

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
    import pickle

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
