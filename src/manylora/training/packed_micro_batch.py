"""A forward and backward pass over examples one after another, without padding, through packed blocks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from manylora.adapters.adapter_dropout import AdapterDropout, random_words
from manylora.blocks.packed_blocks import packed_states
from manylora.chats.chat import TokenizedChat
from manylora.config import AdapterShape
from manylora.models.loaded_model import LoadedModel
from manylora.models.memory_estimates import model_widths
from manylora.packing.packing import pack
from manylora.packing.padding import pad_to_multiple
from manylora.packing.segments import Segments
from manylora.packing.shape_buckets import BatchShape, bucket_for


class PackedMicroBatch:
    """Passes of equally many examples of each adapter, as many tokens as they have.

    Parameters
    ----------
    loaded : with adapters attached; ``is_packable``
    dropout : theirs
    buckets : that passes share; one that fits in none has its own
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
    def split(lengths: Sequence[Sequence[int]], tokens: int) -> list[list[list[int]]]:
        """Split a step into passes that are about equal, with as many examples of each adapter.

        Parameters
        ----------
        lengths : of each adapter's examples
        tokens : that a pass may have, if that is one example of each adapter

        Returns
        -------
        list
            For each pass, for each adapter, which of its examples.
        """
        count = len(lengths[0])
        orders = [sorted(range(count), key=lambda row: -own[row]) for own in lengths]
        for passes in range(1, count + 1):
            # Dealt out to and fro, so that every pass gets long and short ones.
            dealt = [[p for p in range(count) if _dealt_to(p, passes) == one] for one in range(passes)]
            split = [
                [[order[place] for place in label_positions] for order in orders] for label_positions in dealt
            ]
            if max(_tokens(lengths, chosen) for chosen in split) <= tokens:
                break
        return split

    @staticmethod
    def size(part: Sequence[Sequence[TokenizedChat]]) -> BatchShape:
        """Return how much each adapter's examples are together."""
        rows = [one for own in part for one in own]
        tokens = sum(len(one.tokens) for one in rows)
        return BatchShape(tokens, tokens - sum(one.prompt_length for one in rows), len(rows))

    def inputs(
        self, part: Sequence[Sequence[TokenizedChat]], seeds: Sequence[Sequence[tuple[int, ...]]],
        label_counts: Sequence[int],
    ) -> tuple[torch.Tensor, tuple[torch.Tensor, ...]]:  # fmt: skip
        """Return whose each label is, (labels,), and what :meth:`compute` takes.

        Parameters
        ----------
        part : each adapter's examples, equally many
        seeds : of the dropout, for each example
        label_counts : of each adapter in the whole step, over which its loss is a mean
        """
        rows = [one for own in part for one in own]
        each = [sum(len(one.tokens) - one.prompt_length for one in own) for own in part]
        size = self.size(part)
        bucket = bucket_for(size, self._buckets)
        packing = pack(
            [[one.tokens for one in own] for own in part], bucket.tokens, bucket.sequences - len(rows)
        )
        words = [
            random_words(seed, len(one.tokens))
            for seed, one in zip((seed for own in seeds for seed in own), rows, strict=True)
        ]
        dropout_keys = torch.zeros(bucket.tokens, dtype=torch.int32)
        dropout_keys[: size.tokens] = torch.from_numpy(np.concatenate(words))
        labelled = [
            np.arange(start + one.prompt_length - 1, start + len(one.tokens) - 1)
            for start, one in zip(packing.starts.tolist(), rows, strict=True)
        ]
        label_positions = torch.from_numpy(np.concatenate(labelled))
        label_adapters = torch.from_numpy(np.repeat(np.arange(len(part)), each))
        loss_weights = 1 / torch.tensor(label_counts, dtype=torch.float32)[label_adapters]
        return label_adapters, (
            packing.ids, packing.positions, packing.adapter_segments.cu_seqlens,
            packing.adapter_segments.tiles, packing.sequence_segments.cu_seqlens,
            packing.sequence_segments.tiles, dropout_keys,
            pad_to_multiple(label_positions, 0, bucket.labels, bucket.tokens),
            pad_to_multiple(packing.ids[label_positions + 1], 0, bucket.labels),
            pad_to_multiple(loss_weights, 0, bucket.labels),
        )  # fmt: skip

    def compute(
        self, ids: torch.Tensor, positions: torch.Tensor, adapter_cu_seqlens: torch.Tensor,
        adapter_tiles: torch.Tensor, sequence_cu_seqlens: torch.Tensor, sequence_tiles: torch.Tensor,
        dropout_keys: torch.Tensor, label_positions: torch.Tensor, targets: torch.Tensor,
        loss_weights: torch.Tensor,
    ) -> torch.Tensor:  # fmt: skip
        """Write gradients, and return each label's part of the losses."""
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


def _dealt_to(place: int, hands: int) -> int:
    there, back = place % (2 * hands), 2 * hands - 1
    return min(there, back - there)


def _tokens(lengths: Sequence[Sequence[int]], chosen: Sequence[Sequence[int]]) -> int:
    """Return how many tokens a pass has."""
    return sum(own[row] for own, rows in zip(lengths, chosen, strict=True) for row in rows)
