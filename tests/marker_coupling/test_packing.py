"""Sequences one after another: which tokens are whose."""

import torch
from hypothesis import given
from hypothesis import strategies as st

from marker_coupling.packing import packed, parts_within

PROMPTS = [[(5, 6, 7), (8,)], [(9,), (10, 11)]]


def test_adapters_have_equally_many_tokens():
    found = packed(PROMPTS)
    assert found.ids.tolist() == [5, 6, 7, 8, 9, 10, 11, 0]
    assert found.positions.tolist() == [0, 1, 2, 0, 0, 0, 1, 0]
    assert found.bounds.tolist() == [0, 3, 4, 4, 5, 7, 8]
    assert found.bounds.dtype == torch.int32
    assert found.starts.tolist() == [0, 3, 4, 5]
    assert found.lengths.tolist() == [3, 1, 1, 2]
    assert found.longest == 3


def test_what_fills_up_is_divided():
    found = packed(PROMPTS, multiple=8, fillings=2)
    assert found.ids.tolist() == [5, 6, 7, 8, 0, 0, 0, 0, 9, 10, 11, 0, 0, 0, 0, 0]
    assert found.bounds.tolist() == [0, 3, 4, 6, 8, 9, 11, 13, 16]
    assert found.starts.tolist() == [0, 3, 8, 9]
    assert found.longest == 3


LENGTHS = st.integers(1, 3).flatmap(
    lambda adapters: st.lists(
        st.lists(st.integers(1, 9), min_size=adapters, max_size=adapters), min_size=1, max_size=12
    )
)


@given(LENGTHS, st.integers(0, 60))
def test_every_prompt_is_run_once_within_the_limit(lengths, limit):
    prompts = [[[7] * one[adapter] for one in lengths] for adapter in range(len(lengths[0]))]
    parts = parts_within(prompts, limit)
    assert [place for part in parts for place in range(part.start, part.stop)] == list(range(len(lengths)))
    for part in parts:
        own = packed([one[part] for one in prompts])
        assert len(own.ids) <= limit or part.stop - part.start == 1
        assert len(own.ids) == own.bounds[-1]
        assert len(own.ids) % len(prompts) == 0
        for start, length in zip(own.starts.tolist(), own.lengths.tolist(), strict=True):
            assert own.ids[start : start + length].tolist() == [7] * length
            assert own.positions[start : start + length].tolist() == list(range(length))
    wide = [part.stop - part.start for part in parts]
    assert all(wide)
