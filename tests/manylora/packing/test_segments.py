"""Segments: whose each token is, and a number of tiles that does not depend on it."""

import torch
from hypothesis import given
from hypothesis import strategies as st

from manylora.packing.segments import TILE, segments_of

COUNTS = st.lists(st.integers(0, 3 * TILE), min_size=1, max_size=6)


@given(COUNTS, st.integers(0, 200))
def test_every_token_s_owner_is_the_one_whose_segment_holds_it(counts, padding):
    segments = segments_of(counts, padding)
    tokens = torch.arange(sum(counts))
    owners = torch.searchsorted(segments.cu_seqlens.long(), tokens, right=True) - 1
    tiled = torch.full((sum(counts) + padding,), -1)
    for owner, start, end in segments.tiles.tolist():
        assert (tiled[start:end] == -1).all()
        tiled[start:end] = owner
    assert torch.equal(tiled[: sum(counts)], owners)
    assert (tiled[sum(counts) :] == -1).all()


@given(COUNTS, st.integers(0, 200), st.data())
def test_tokens_that_change_hands_change_no_shape(counts, padding, data):
    """A CUDA graph that was captured for one packing serves every other of as many tokens and owners."""
    total, owners = sum(counts) + padding, len(counts)
    cuts = sorted(data.draw(st.lists(st.integers(0, total), min_size=owners, max_size=owners)))
    others = [end - start for start, end in zip([0, *cuts[:-1]], cuts, strict=True)]
    first, second = segments_of(counts, padding), segments_of(others, total - sum(others))
    assert first.tiles.shape == second.tiles.shape
    assert first.cu_seqlens.shape == second.cu_seqlens.shape


def test_both_move_to_a_device():
    moved = segments_of([3, 5]).to(torch.device("meta"))
    assert (moved.cu_seqlens.device.type, moved.tiles.device.type) == ("meta", "meta")
