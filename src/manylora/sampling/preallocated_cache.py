"""Preallocated KV cache of rows that are being sampled, written in place.

transformers' own cache copies all that it holds for every token that is added; this one copies when rows are
taken out, and then leaves room for what is still to come.
"""

from __future__ import annotations

import torch
from transformers import DynamicCache
from transformers.cache_utils import DynamicLayer

from manylora.models.loaded_model import LoadedModel


class PreallocatedLayer(DynamicLayer):  # type: ignore[no-untyped-call]
    """One block's keys and values, (rows, heads, length, width each).

    Parameters
    ----------
    max_length : length that they are going to have
    """

    def __init__(self, max_length: int) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.max_length = max_length
        self._buffers: list[torch.Tensor] = []

    def update(
        self, key_states: torch.Tensor, value_states: torch.Tensor, *args: object, **kwargs: object
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Append keys and values, and return all."""
        if not self.is_initialized:
            self.lazy_initialization(key_states, value_states)
        start = self.get_seq_length()
        end = start + key_states.shape[-2]
        buffers = self._buffers
        if not buffers or len(buffers[0]) != len(key_states) or buffers[0].shape[2] < end:
            self._buffers = [
                new.new_empty((*new.shape[:2], max(self.max_length, end), new.shape[-1]))
                for new in (key_states, value_states)
            ]
            for buffer, old in zip(self._buffers, (self.keys, self.values), strict=True):
                if start and old is not None:
                    buffer[:, :, :start] = old
        for buffer, new in zip(self._buffers, (key_states, value_states), strict=True):
            buffer[:, :, start:end] = new
        self.keys, self.values = (buffer[:, :, :end] for buffer in self._buffers)
        return self.keys, self.values

    def reorder_cache(self, beam_idx: torch.Tensor) -> None:
        """Hold some rows, each as often as it is named."""
        self._buffers = []
        super().reorder_cache(beam_idx)  # type: ignore[arg-type]


def preallocated_cache(loaded: LoadedModel, max_length: int) -> DynamicCache:
    """Return an empty cache for so many tokens a row; blocks that forget keep transformers' own."""
    cache = loaded.new_cache()
    cache.layers = [
        PreallocatedLayer(max_length) if type(layer) is DynamicLayer else layer for layer in cache.layers
    ]
    return cache
