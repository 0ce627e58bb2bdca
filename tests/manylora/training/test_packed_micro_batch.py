"""Examples one after another: where each begins, what fills up, and how a step is split."""

import torch
from hypothesis import given
from hypothesis import strategies as st

from manylora.adapters.adapter_dropout import AdapterDropout
from manylora.chats.chat import TokenizedChat
from manylora.packing.shape_buckets import BatchShape, padded_shape
from manylora.training.packed_micro_batch import PackedMicroBatch
from manylora.training.padded_micro_batch import PaddedMicroBatch

from ..tiny_models import tiny_loaded

LENGTHS = st.integers(2, 6).flatmap(
    lambda adapters: st.integers(1, 9).flatmap(
        lambda rows: st.lists(
            st.lists(st.integers(2, 300), min_size=rows, max_size=rows),
            min_size=adapters,
            max_size=adapters,
        )
    )
)


@given(LENGTHS, st.integers(1, 20_000))
def test_a_step_is_split_into_all_of_its_examples_within_what_fits(lengths, tokens):
    for way in (PackedMicroBatch, PaddedMicroBatch):
        split = way.split(lengths, tokens)
        for adapter, own in enumerate(lengths):
            rows = [row for chosen in split for row in chosen[adapter]]
            assert sorted(rows) == list(range(len(own)))
        for chosen in split:
            assert len({len(rows) for rows in chosen}) == 1
            if len(chosen[0]) > 1:
                sums = [sum(own[row] for row in rows) for own, rows in zip(lengths, chosen, strict=True)]
                assert sum(sums) <= tokens


@given(LENGTHS, st.data())
def test_every_token_stands_where_its_sequence_has_it(lengths, data):
    part = []
    for own in lengths:
        starts = [data.draw(st.integers(1, size - 1)) for size in own]
        part.append(
            [TokenizedChat(tuple(range(1, size + 1)), start) for size, start in zip(own, starts, strict=True)]
        )
    labels = [sum(len(one.tokens) - one.prompt_length for one in own) for own in part]
    seeds = [[(adapter, row) for row in range(len(own))] for adapter, own in enumerate(part)]
    loaded = tiny_loaded()
    rooms = data.draw(st.sampled_from([[], [padded_shape(BatchShape(16_384, 16_384, 64))]]))
    owner, inputs = PackedMicroBatch(loaded, AdapterDropout(0.1), rooms).inputs(part, seeds, labels)
    ids, positions, spans, tiles, bounds, _, keys, places, targets, shares = inputs
    padded_owner, (padded_ids, padded_keys, padded_places, padded_targets, padded_shares) = PaddedMicroBatch(
        loaded, AdapterDropout(0.1)
    ).inputs(part, seeds, labels)
    count = len(owner)
    assert len(ids) == (16_384 if rooms else -(-sum(map(sum, lengths)) // 128) * 128)
    assert spans.diff().tolist() == list(map(sum, lengths))
    assert tiles[:, 2].max() == sum(map(sum, lengths))
    assert bounds[0] == 0
    assert bounds[-1] == len(ids)
    assert int(bounds.diff().min()) >= 0
    # What fills up is token 0, which no example has.
    assert (ids != 0).sum() == sum(map(sum, lengths))
    torch.testing.assert_close(positions[ids != 0], ids[ids != 0] - 1)
    assert torch.equal(owner, padded_owner)
    assert torch.equal(targets[:count], padded_targets)
    torch.testing.assert_close(shares[:count], padded_shares)
    assert (places[count:] == len(ids)).all()
    assert (shares[count:] == 0).all()
    assert torch.equal(ids[places[:count]], padded_ids.flatten()[padded_places])
    flat = padded_keys.flatten()
    assert torch.equal(keys[places[:count]], flat[padded_places])
