"""Scoring without padding, on a GPU: examples one after another through packed blocks."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

import numpy as np
import torch
from numpy.typing import NDArray

from manylora.blocks.fused_loss import LOGITS
from manylora.blocks.packed_blocks import packed_states
from manylora.chats.chat import TokenizedChat
from manylora.kernels.varlen_attention import varlen_attention
from manylora.models.labelled_logits import packed_label_positions
from manylora.models.loaded_model import LoadedModel
from manylora.models.sequence_limits import check_length
from manylora.packing.packing import pack


def packed_token_losses(
    loaded: LoadedModel, examples: Sequence[Sequence[TokenizedChat]]
) -> NDArray[np.float64]:
    """Return the cross-entropy of all answer tokens, one example after another, (answer tokens of all,).

    Parameters
    ----------
    loaded : ``is_packable``, with adapters attached or none
    examples : for each adapter; without adapters those of the base model
    """
    rows = list(chain.from_iterable(examples))
    check_length(loaded, max(len(row.tokens) for row in rows))
    packing = pack([[row.tokens for row in of_adapter] for of_adapter in examples])
    predicting = packed_label_positions(packing.starts.tolist(), rows).to(loaded.device)
    packing = packing.to(loaded.device)
    targets = packing.ids[predicting + 1]

    def attend(_: int, queries: torch.Tensor, keys: torch.Tensor, values: torch.Tensor) -> torch.Tensor:
        return varlen_attention(queries, keys, values, packing.sequence_segments)

    states = packed_states(loaded, packing.ids, packing.positions, packing.adapter_segments, attend)
    labelled, weight = states[predicting], loaded.model.get_output_embeddings().weight
    size = max(1, LOGITS // len(weight))
    losses = [
        torch.nn.functional.cross_entropy((part @ weight.t()).float(), part_targets, reduction="none")
        for part, part_targets in zip(torch.split(labelled, size), torch.split(targets, size), strict=True)
    ]
    return torch.cat(losses).double().cpu().numpy()
