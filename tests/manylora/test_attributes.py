"""Attributes are others within a block, and as before behind it, whatever happens there."""

from types import SimpleNamespace

import pytest

from manylora.attributes import replaced


def test_attributes_are_as_before_after_an_error():
    target = SimpleNamespace(size=1, name="a", kept=[])
    with replaced(target, size=2, name=None):
        assert (target.size, target.name, target.kept) == (2, None, [])
    assert (target.size, target.name, target.kept) == (1, "a", [])
    with pytest.raises(KeyError), replaced(target, size=2, name=None):
        raise KeyError(target.size)
    assert (target.size, target.name, target.kept) == (1, "a", [])


def test_an_attribute_that_is_not_there_is_not_made():
    target = SimpleNamespace()
    with pytest.raises(AttributeError), replaced(target, size=2):
        pass
    assert not hasattr(target, "size")
