"""Token sequences of different lengths as one tensor."""

import torch
from hypothesis import given
from hypothesis import strategies as st

from manylora.packing.padding import pad_left, pad_right, pad_to_multiple


@given(st.lists(st.lists(st.integers(1, 99), max_size=9), min_size=1, max_size=5))
def test_padding_is_on_the_right(sequences):
    padded = pad_right(sequences).tolist()
    assert len(padded) == len(sequences)
    longest = max(map(len, sequences))
    assert padded == [[*own, *[0] * (longest - len(own))] for own in sequences]


@given(st.lists(st.lists(st.integers(1, 99), max_size=9), min_size=1, max_size=5))
def test_padding_on_the_left_is_masked(sequences):
    ids, mask = pad_left(sequences)
    longest = max(map(len, sequences))
    assert ids.tolist() == [[*[0] * (longest - len(own)), *own] for own in sequences]
    assert torch.equal(mask, (ids != 0).long())


@given(st.integers(0, 9), st.integers(1, 5), st.integers(-1, 3))
def test_a_size_becomes_a_multiple(size, multiple, value):
    found = pad_to_multiple(torch.arange(10, 10 + size), multiple, value).tolist()
    assert len(found) % multiple == 0
    assert found == [*range(10, 10 + size), *[value] * (-size % multiple)]
