"""Token sequences of different lengths as one tensor."""

import torch
from hypothesis import given
from hypothesis import strategies as st

from manylora.packing.padding import left_padded, right_padded, widened


@given(st.lists(st.lists(st.integers(1, 99), max_size=9), min_size=1, max_size=5))
def test_padding_is_on_the_right(sequences):
    padded = right_padded(sequences).tolist()
    assert len(padded) == len(sequences)
    longest = max(map(len, sequences))
    assert padded == [[*own, *[0] * (longest - len(own))] for own in sequences]


@given(st.lists(st.lists(st.integers(1, 99), max_size=9), min_size=1, max_size=5))
def test_padding_on_the_left_is_masked(sequences):
    ids, mask = left_padded(sequences)
    longest = max(map(len, sequences))
    assert ids.tolist() == [[*[0] * (longest - len(own)), *own] for own in sequences]
    assert torch.equal(mask, (ids != 0).long())


@given(st.integers(0, 9), st.integers(1, 5), st.integers(-1, 3))
def test_a_size_becomes_a_multiple(size, multiple, filling):
    found = widened(torch.arange(10, 10 + size), 0, multiple, filling).tolist()
    assert len(found) % multiple == 0
    assert found == [*range(10, 10 + size), *[filling] * (-size % multiple)]
