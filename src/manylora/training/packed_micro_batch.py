"""Micro-batches without padding: examples one after another through packed blocks, on a GPU."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

import numpy as np
import torch

from manylora.adapters.adapter_dropout import AdapterDropout, random_words
from manylora.blocks.packed_blocks import packed_states
from manylora.config import AdapterShape
from manylora.models.labelled_logits import packed_label_positions
from manylora.models.loaded_model import LoadedModel
from manylora.models.memory_estimates import model_widths
from manylora.packing.packing import pack
from manylora.packing.padding import pad_to_multiple
from manylora.packing.segments import Segments
from manylora.packing.shape_buckets import BatchShape, bucket_for
from manylora.training.micro_batch import Batch, Inputs, Seeds, Split, label_counts_of, lengths_of


class PackedMicroBatch:
    """Passes over examples of each adapter, packed.

    Parameters
    ----------
    loaded : with adapters attached; ``is_packable``
    dropout : theirs
    buckets : that micro-batches share; one that fits in none has its own
    """

    def __init__(
        self, loaded: LoadedModel, dropout: AdapterDropout, buckets: Sequence[BatchShape] = ()
    ) -> None:
        self._loaded, self._dropout, self._buckets = loaded, dropout, buckets

    @staticmethod
    def bytes_of_token(loaded: LoadedModel, shape: AdapterShape) -> float:
        """Estimate what a pass keeps of a token.

        Of each block: states and normalised states twice, queries, keys and values, what is attended to, the
        halves of the feed-forward layer and their product, and what adapters' ``down`` give.
        """
        widths = model_widths(loaded)
        channels = 8 * widths.states + 3 * widths.inner + len(shape.projections) * shape.rank
        return float(1.2 * loaded.model.dtype.itemsize * channels * widths.blocks)

    @staticmethod
    def split(lengths: Sequence[Sequence[int]], tokens: int) -> Split:
        """Split a step into micro-batches that are about equal; see :class:`PaddedMicroBatch`."""
        count = len(lengths[0])
        orders = [sorted(range(count), key=lambda row: -rows[row]) for rows in lengths]
        for parts in range(1, count + 1):
            # Dealt out to and fro, so that every micro-batch gets long and short ones.
            dealt = [[rank for rank in range(count) if _dealt_to(rank, parts) == k] for k in range(parts)]
            split = [[[order[rank] for rank in ranks] for order in orders] for ranks in dealt]
            if max(_tokens(lengths, chosen) for chosen in split) <= tokens:
                break
        return split

    @staticmethod
    def shape(batch: Batch) -> BatchShape:
        """Return the numbers of tokens, labels and sequences of all adapters' examples."""
        return BatchShape(sum(map(sum, lengths_of(batch))), sum(label_counts_of(batch)), sum(map(len, batch)))

    def inputs(self, batch: Batch, seeds: Seeds, label_counts: Sequence[int]) -> Inputs:
        """Pack the examples into a bucket; see :class:`PaddedMicroBatch`."""
        examples, shape = list(chain.from_iterable(batch)), self.shape(batch)
        bucket = bucket_for(shape, self._buckets)
        packing = pack(
            [[example.tokens for example in of_adapter] for of_adapter in batch],
            bucket.tokens,
            bucket.sequences - len(examples),
        )
        words = [
            random_words(seed, len(example.tokens))
            for seed, example in zip(chain.from_iterable(seeds), examples, strict=True)
        ]
        dropout_keys = torch.zeros(bucket.tokens, dtype=torch.int32)
        dropout_keys[: shape.tokens] = torch.from_numpy(np.concatenate(words))
        label_positions = packed_label_positions(packing.starts.tolist(), examples)
        label_adapters = torch.from_numpy(np.repeat(np.arange(len(batch)), label_counts_of(batch)))
        loss_weights = 1 / torch.tensor(label_counts, dtype=torch.float32)[label_adapters]
        adapters, sequences = packing.adapter_segments, packing.sequence_segments
        return label_adapters, (
            packing.ids, packing.positions, adapters.cu_seqlens, adapters.tiles, sequences.cu_seqlens,
            sequences.tiles, dropout_keys,
            pad_to_multiple(label_positions, bucket.labels, bucket.tokens),
            pad_to_multiple(packing.ids[label_positions + 1], bucket.labels),
            pad_to_multiple(loss_weights, bucket.labels),
        )  # fmt: skip

    def compute(
        self, ids: torch.Tensor, positions: torch.Tensor, adapter_cu_seqlens: torch.Tensor,
        adapter_tiles: torch.Tensor, sequence_cu_seqlens: torch.Tensor, sequence_tiles: torch.Tensor,
        dropout_keys: torch.Tensor, label_positions: torch.Tensor, targets: torch.Tensor,
        loss_weights: torch.Tensor,
    ) -> torch.Tensor:  # fmt: skip
        """Write gradients, and return each label's part of the losses, (labels or more,)."""
        from manylora.blocks.fused_loss import fused_cross_entropy
        from manylora.kernels.varlen_attention import varlen_attention

        def attend(
            _: int, queries: torch.Tensor, key_states: torch.Tensor, values: torch.Tensor
        ) -> torch.Tensor:
            return varlen_attention(
                queries, key_states, values, Segments(sequence_cu_seqlens, sequence_tiles)
            )

        self._dropout.token_keys = dropout_keys
        states = packed_states(
            self._loaded, ids, positions, Segments(adapter_cu_seqlens, adapter_tiles), attend
        )
        weight = self._loaded.model.get_output_embeddings().weight
        weighted = fused_cross_entropy(states, weight, label_positions, targets, loss_weights)
        # Adapters share no weights, so the gradient of the sum is each one's own.
        weighted.sum().backward()  # type: ignore[no-untyped-call]
        return weighted.detach()


def _dealt_to(rank: int, parts: int) -> int:
    turn, last = rank % (2 * parts), 2 * parts - 1
    return min(turn, last - turn)


def _tokens(lengths: Sequence[Sequence[int]], chosen: Sequence[Sequence[int]]) -> int:
    return sum(counts[row] for counts, rows in zip(lengths, chosen, strict=True) for row in rows)
