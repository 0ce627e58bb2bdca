"""Micro-batches, packed and padded: how a step is split, and the same labels of both."""

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
    for kind in (PackedMicroBatch, PaddedMicroBatch):
        split = kind.split(lengths, tokens)
        for adapter, rows_lengths in enumerate(lengths):
            rows = [row for chosen in split for row in chosen[adapter]]
            assert sorted(rows) == list(range(len(rows_lengths)))
        for chosen in split:
            assert len({len(rows) for rows in chosen}) == 1
            if len(chosen[0]) > 1:
                sums = [
                    sum(rows_lengths[row] for row in rows)
                    for rows_lengths, rows in zip(lengths, chosen, strict=True)
                ]
                assert sum(sums) <= tokens


@given(LENGTHS, st.data())
def test_every_token_stands_where_its_sequence_has_it(lengths, data):
    batch = []
    for examples in lengths:
        starts = [data.draw(st.integers(1, size - 1)) for size in examples]
        batch.append(
            [
                TokenizedChat(tuple(range(1, size + 1)), start)
                for size, start in zip(examples, starts, strict=True)
            ]
        )
    label_counts = [sum(len(one.tokens) - one.prompt_length for one in examples) for examples in batch]
    seeds = [[(adapter, row) for row in range(len(examples))] for adapter, examples in enumerate(batch)]
    loaded = tiny_loaded()
    buckets = data.draw(st.sampled_from([[], [padded_shape(BatchShape(16_384, 16_384, 64))]]))
    label_adapters, inputs = PackedMicroBatch(loaded, AdapterDropout(0.1), buckets).inputs(
        batch, seeds, label_counts
    )
    (
        ids,
        positions,
        adapter_cu_seqlens,
        tiles,
        sequence_cu_seqlens,
        _,
        dropout_keys,
        label_positions,
        targets,
        loss_weights,
    ) = inputs
    padded_adapters, (padded_ids, padded_keys, padded_positions, padded_targets, padded_weights) = (
        PaddedMicroBatch(loaded, AdapterDropout(0.1)).inputs(batch, seeds, label_counts)
    )
    count = len(label_adapters)
    assert len(ids) == (16_384 if buckets else -(-sum(map(sum, lengths)) // 128) * 128)
    assert adapter_cu_seqlens.diff().tolist() == list(map(sum, lengths))
    assert tiles[:, 2].max() == sum(map(sum, lengths))
    assert sequence_cu_seqlens[0] == 0
    assert sequence_cu_seqlens[-1] == len(ids)
    assert int(sequence_cu_seqlens.diff().min()) >= 0
    # Padding is token 0, which no example has.
    assert (ids != 0).sum() == sum(map(sum, lengths))
    torch.testing.assert_close(positions[ids != 0], ids[ids != 0] - 1)
    assert torch.equal(label_adapters, padded_adapters)
    assert torch.equal(targets[:count], padded_targets)
    torch.testing.assert_close(loss_weights[:count], padded_weights)
    assert (label_positions[count:] == len(ids)).all()
    assert (loss_weights[count:] == 0).all()
    assert torch.equal(ids[label_positions[:count]], padded_ids.flatten()[padded_positions])
    flat = padded_keys.flatten()
    assert torch.equal(dropout_keys[label_positions[:count]], flat[padded_positions])
