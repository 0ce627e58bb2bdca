"""Budgets in tokens or rows, and the back-off where memory turns out too little."""

import dataclasses

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from manylora.errors import NotEnoughMemoryError
from manylora.models.memory_budget import MemoryBudget, in_chunks, with_backoff

from ..tiny_models import tiny_loaded


def test_a_cpu_takes_what_its_bytes_hold_and_no_more_than_gains_anything():
    loaded, budget = tiny_loaded(), MemoryBudget(gpu_share=0.5, cpu_bytes=1000, cpu_units=64)
    assert [budget.units(loaded, size) for size in (1, 100, 300, 5000)] == [64, 10, 3, 1]
    assert budget.units(loaded, 100, reserved_bytes=550) == 4
    shared = dataclasses.replace(loaded, memory_share=0.5)
    assert [budget.units(shared, size) for size in (1, 100, 300, 5000)] == [64, 5, 1, 1]
    assert MemoryBudget(gpu_share=0.5, cpu_units=1).units(loaded, 1e12) == 1


def holding(most, tried):
    def attempt(size):
        tried.append(size)
        if size > most:
            raise torch.OutOfMemoryError("as if")
        return f"{size} of them"

    return attempt


def test_the_size_is_halved_until_it_fits():
    tried = []
    assert with_backoff(holding(11, tried), 100, 1, "expected memory") == ("6 of them", 6)
    assert tried == [100, 50, 25, 12, 6]


def test_the_least_size_that_does_not_fit_is_one_clear_error():
    tried = []
    with pytest.raises(NotEnoughMemoryError, match=r"^expected memory for one$"):
        with_backoff(holding(0, tried), 40, 10, "expected memory for one")
    assert tried == [40, 20, 10]


@given(st.integers(0, 50), st.integers(1, 60), st.integers(1, 60))
def test_chunks_are_all_items_in_order_each_within_memory(count, size, most):
    def compute(part):
        if part.stop - part.start > most:
            raise torch.OutOfMemoryError("as if")
        return list(range(part.start, part.stop))

    chunks = list(in_chunks(count, size, compute, "expected memory"))
    assert [item for _, items in chunks for item in items] == list(range(count))
    for part, items in chunks:
        assert items == list(range(count))[part]
        assert len(items) <= min(size, most)
