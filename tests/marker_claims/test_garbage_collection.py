"""What is imported for the life of the process is kept from the garbage collector."""

from __future__ import annotations

import gc

import pytest

from marker_claims.garbage_collection import frozen_imports


@pytest.fixture(autouse=True)
def unfrozen():
    yield
    gc.unfreeze()
    gc.enable()


def test_objects_made_inside_are_frozen_and_collecting_goes_on():
    frozen = gc.get_freeze_count()
    with frozen_imports():
        assert not gc.isenabled()
        made = [[] for _ in range(10_000)]
    assert gc.isenabled()
    assert gc.get_freeze_count() >= frozen + len(made)


def test_an_import_that_fails_leaves_the_collector_as_it_was():
    gc.disable()
    with pytest.raises(ImportError), frozen_imports():
        raise ImportError
    assert not gc.isenabled()
