"""Sequences one after another: which tokens are whose."""

import torch
from hypothesis import given
from hypothesis import strategies as st

from manylora.packing.packing import pack, split_prompts
from manylora.packing.segments import TILE, segments_of

PROMPTS = [[(5, 6, 7), (8,)], [(9,), (10, 11)]]


def test_sequences_stand_one_after_another():
    found = pack(PROMPTS)
    assert found.ids.tolist() == [5, 6, 7, 8, 9, 10, 11]
    assert found.positions.tolist() == [0, 1, 2, 0, 0, 0, 1]
    assert found.sequence_segments.cu_seqlens.tolist() == [0, 3, 4, 5, 7, 7]
    assert found.sequence_segments.cu_seqlens.dtype == torch.int32
    assert found.starts.tolist() == [0, 3, 4, 5]
    assert found.lengths.tolist() == [3, 1, 1, 2]
    assert found.adapter_segments.cu_seqlens.tolist() == [0, 4, 7]


def test_what_fills_up_is_divided_and_nobodys():
    found = pack(PROMPTS, tokens=12, padding_segments=2)
    assert found.ids.tolist() == [5, 6, 7, 8, 9, 10, 11, 0, 0, 0, 0, 0]
    assert found.sequence_segments.cu_seqlens.tolist() == [0, 3, 4, 5, 7, 9, 12]
    assert found.starts.tolist() == [0, 3, 4, 5]
    assert found.adapter_segments.cu_seqlens.tolist() == [0, 4, 7]
    assert found.adapter_segments.tiles.tolist() == [[0, 0, 4], [1, 4, 7], [0, 0, 0]]


@given(st.lists(st.integers(0, 300), min_size=1, max_size=6), st.integers(0, 200))
def test_tiles_hold_every_owners_tokens_once(counts, filling):
    segments = segments_of(counts, filling)
    assert segments.cu_seqlens.diff().tolist() == counts
    # As many whoever's the tokens are.
    alone = [sum(counts) + filling, *[0] * (len(counts) - 1)]
    assert len(segments.tiles) == len(segments_of(alone).tiles)
    owners = [(token, owner) for owner, start, end in segments.tiles.tolist() for token in range(start, end)]
    expected = [owner for owner, count in enumerate(counts) for _ in range(count)]
    assert owners == list(enumerate(expected))
    assert all(0 <= end - start <= TILE for _, start, end in segments.tiles.tolist())


LENGTHS = st.integers(1, 3).flatmap(
    lambda adapters: st.lists(
        st.lists(st.integers(1, 9), min_size=adapters, max_size=adapters), min_size=1, max_size=12
    )
)


@given(LENGTHS, st.integers(0, 60))
def test_every_prompt_is_run_once_within_the_limit(lengths, limit):
    prompts = [
        [[7] * adapter_lengths[adapter] for adapter_lengths in lengths] for adapter in range(len(lengths[0]))
    ]
    parts = split_prompts(prompts, limit)
    assert [place for part in parts for place in range(part.start, part.stop)] == list(range(len(lengths)))
    for part in parts:
        packing = pack([adapter_lengths[part] for adapter_lengths in prompts])
        assert len(packing.ids) <= limit or part.stop - part.start == 1
        assert len(packing.ids) == packing.sequence_segments.cu_seqlens[-1]
        for start, length in zip(packing.starts.tolist(), packing.lengths.tolist(), strict=True):
            assert packing.ids[start : start + length].tolist() == [7] * length
            assert packing.positions[start : start + length].tolist() == list(range(length))
    wide = [part.stop - part.start for part in parts]
    assert all(wide)
