"""Micro-batches of examples that are padded to one length, through any model's own blocks."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from itertools import chain

import torch

from manylora.adapters.adapter_dropout import AdapterDropout, token_keys
from manylora.config import AdapterShape
from manylora.models.labelled_logits import answer_labels, labelled_logits
from manylora.models.loaded_model import LoadedModel
from manylora.models.memory_estimates import model_widths
from manylora.packing.padding import pad_right, pad_to_multiple
from manylora.training.micro_batch import Batch, Inputs, Seeds, Split

#: Lengths and numbers of labels are rounded up to these where few shapes are wanted.
_LENGTH_MULTIPLE, _LABEL_MULTIPLE = 32, 1024


class PaddedMicroBatch:
    """Passes over examples of each adapter, padded to a rectangle.

    Parameters
    ----------
    loaded : with adapters attached
    dropout : theirs
    few_shapes : pad more, as another shape costs more than padding
    """

    def __init__(self, loaded: LoadedModel, dropout: AdapterDropout, few_shapes: bool = False) -> None:
        self._loaded, self._dropout, self._few_shapes = loaded, dropout, few_shapes

    @staticmethod
    def bytes_of_token(loaded: LoadedModel, shape: AdapterShape) -> float:
        """Estimate what a pass keeps of a token.

        Of each block: two norms in float32 with their inputs, what every adapter is given, queries, keys and
        values, and the halves of the feed-forward layer. Logits are held in float32 with their gradient;
        about half the tokens have labels.
        """
        widths, item = model_widths(loaded), loaded.model.dtype.itemsize
        channels = 13 * widths.states + 4 * widths.inner + len(shape.projections) * shape.rank
        block = 16 * widths.states + item * channels
        return float(1.2 * block * widths.blocks + 0.5 * (12 + 2 * item) * widths.vocabulary)

    @staticmethod
    def split(lengths: Sequence[Sequence[int]], tokens: int) -> Split:
        """Split a step into micro-batches of examples of like length.

        Parameters
        ----------
        lengths : of each adapter's examples
        tokens : that a micro-batch may have, if that is one example of each adapter
        """
        orders = [sorted(range(len(rows)), key=lambda row: -rows[row]) for rows in lengths]
        split, start, count = [], 0, len(lengths[0])
        while start < count:
            longest = max(rows[order[start]] for rows, order in zip(lengths, orders, strict=True))
            end = start + max(1, tokens // (longest * len(lengths)))
            split.append([order[start:end] for order in orders])
            start = end
        return split

    def inputs(self, batch: Batch, seeds: Seeds, label_counts: Sequence[int]) -> Inputs:
        """Pad the examples to one length.

        Parameters
        ----------
        label_counts : of each adapter in the whole step, over which its loss is a mean
        """
        examples = list(chain.from_iterable(batch))
        ids = pad_right([example.tokens for example in examples])
        if self._few_shapes:
            ids = pad_to_multiple(ids, _LENGTH_MULTIPLE)
        label_positions, targets = answer_labels(ids, examples)
        label_adapters = label_positions // (ids.shape[1] * len(batch[0]))
        loss_weights = 1 / torch.tensor(label_counts, dtype=torch.float32)[label_adapters]
        labels = [label_positions, targets, loss_weights]
        if self._few_shapes:  # labels of no weight
            labels = [pad_to_multiple(values, _LABEL_MULTIPLE) for values in labels]
        return label_adapters, (ids, token_keys(seeds, ids.shape[1]), *labels)

    def compute(
        self, ids: torch.Tensor, dropout_keys: torch.Tensor, label_positions: torch.Tensor,
        targets: torch.Tensor, loss_weights: torch.Tensor,
    ) -> torch.Tensor:  # fmt: skip
        """Make gradients, and return each label's part of the losses, (labels or more,)."""
        self._dropout.token_keys = dropout_keys
        logits = labelled_logits(self._loaded, ids, label_positions)
        weighted = torch.nn.functional.cross_entropy(logits.float(), targets, reduction="none") * loss_weights
        with warnings.catch_warnings():
            # The gradients are views of one tensor, which costs less than it saves.
            warnings.filterwarnings("ignore", message="grad and param do not obey the gradient layout")
            # Adapters share no weights, so the gradient of the sum is each one's own.
            weighted.sum().backward()  # type: ignore[no-untyped-call]
        return weighted.detach()
