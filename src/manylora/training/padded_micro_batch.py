"""A forward and backward pass over examples that are padded to one length, through any model's own blocks."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import torch

from manylora.adapters.adapter_dropout import AdapterDropout, token_keys
from manylora.chats.chat import TokenizedChat
from manylora.config import AdapterShape
from manylora.models.labelled_logits import labelled_logits
from manylora.models.loaded_model import LoadedModel
from manylora.models.memory_estimates import model_widths
from manylora.packing.padding import pad_right, pad_to_multiple

#: Lengths and numbers of labels are rounded up to these where few shapes are wanted.
_LENGTH_MULTIPLE, _LABEL_MULTIPLE = 32, 1024


class PaddedMicroBatch:
    """Passes of equally many examples of each adapter, as a rectangle.

    Parameters
    ----------
    loaded : with adapters attached
    dropout : theirs
    few_shapes : whether what fills up costs less than another shape
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
    def split(lengths: Sequence[Sequence[int]], tokens: int) -> list[list[list[int]]]:
        """Split a step into passes with equally many examples of each adapter, those of like length together.

        Parameters
        ----------
        lengths : of each adapter's examples
        tokens : that a pass may have, if that is one example of each adapter

        Returns
        -------
        list
            For each pass, for each adapter, which of its examples.
        """
        orders = [sorted(range(len(own)), key=lambda row: -own[row]) for own in lengths]
        split, start, count = [], 0, len(lengths[0])
        while start < count:
            longest = max(own[order[start]] for own, order in zip(lengths, orders, strict=True))
            end = start + max(1, tokens // (longest * len(lengths)))
            split.append([order[start:end] for order in orders])
            start = end
        return split

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
        ids = pad_right([one.tokens for one in rows])
        if self._few_shapes:
            ids = pad_to_multiple(ids, 1, _LENGTH_MULTIPLE)
        is_predicting = torch.zeros_like(ids, dtype=torch.bool)
        for row, one in enumerate(rows):
            is_predicting[row, one.prompt_length - 1 : len(one.tokens) - 1] = True
        label_positions, targets = (
            is_predicting.flatten().nonzero()[:, 0],
            ids.roll(-1, dims=1)[is_predicting],
        )
        label_adapters = label_positions // (ids.shape[1] * len(part[0]))
        loss_weights = 1 / torch.tensor(label_counts, dtype=torch.float32)[label_adapters]
        labelled = [label_positions, targets, loss_weights]
        if self._few_shapes:
            # Labels that count nothing fill up.
            labelled = [pad_to_multiple(one, 0, _LABEL_MULTIPLE) for one in labelled]
        return label_adapters, (ids, token_keys(seeds, ids.shape[1]), *labelled)

    def compute(
        self, ids: torch.Tensor, dropout_keys: torch.Tensor, label_positions: torch.Tensor,
        targets: torch.Tensor, loss_weights: torch.Tensor,
    ) -> torch.Tensor:  # fmt: skip
        """Make gradients, and return each label's part of the losses."""
        self._dropout.token_keys = dropout_keys
        logits = labelled_logits(self._loaded, ids, label_positions)
        weighted = torch.nn.functional.cross_entropy(logits.float(), targets, reduction="none") * loss_weights
        with warnings.catch_warnings():
            # The gradients are views of one tensor, which costs less than it saves.
            warnings.filterwarnings("ignore", message="grad and param do not obey the gradient layout")
            # Adapters share no weights, so the gradient of the sum is each one's own.
            weighted.sum().backward()  # type: ignore[no-untyped-call]
        return weighted.detach()
