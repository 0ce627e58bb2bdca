"""Active (unfinished) sequences of a batch, and the tokens sampled for each."""

from __future__ import annotations

import torch

from manylora.sampling.sampling_requests import Completion

#: Share of active rows above which a smaller batch gains little.
_COMPACT_BELOW = 0.7
#: Where kernels are compiled for how many rows there are, they are for multiples of this.
_ROWS_MULTIPLE = 16


class ActiveSequences:
    """Rows of adapter 0, as many of adapter 1, and so on, until each has ended.

    Parameters
    ----------
    rows, adapters : how many
    max_new_tokens : tokens of a row
    ends : tokens that end one

    Attributes
    ----------
    rows : indices of the rows that are left, (rows,) long
    """

    def __init__(
        self, rows: int, adapters: int, max_new_tokens: int, ends: frozenset[int], device: torch.device
    ) -> None:
        self._adapters, self.max_new_tokens = adapters, max_new_tokens
        self._ends = torch.tensor(sorted(ends), dtype=torch.long, device=device)
        self.rows = torch.arange(rows, device=device)
        self._tokens = torch.zeros((rows, max_new_tokens), dtype=torch.long, device=device)
        self._lengths = torch.full((rows,), max_new_tokens, device=device)
        self._is_active = torch.ones(rows, dtype=torch.bool, device=device)

    def append(self, tokens: torch.Tensor, step: int | torch.Tensor) -> None:
        """Record the tokens sampled for the rows that are left.

        Parameters
        ----------
        tokens : (rows,) long
        step : how many were sampled before; as (1,) long it is not synchronised
        """
        self._tokens[self.rows, step] = tokens
        is_active = self._is_active[self.rows]
        ended = (tokens[:, None] == self._ends).any(1) & is_active
        self._lengths[self.rows] = torch.where(ended, step, self._lengths[self.rows])
        self._is_active[self.rows] = is_active & ~ended

    def most_active(self) -> torch.Tensor:
        """Return the largest number of active rows of an adapter, without synchronising."""
        return self._active_by_adapter().sum(1).max()

    def compaction(self) -> torch.Tensor | None:
        """Return the rows to keep, equally many of each adapter; None where that gains little.

        Empty when all have ended.
        """
        active = int(self.most_active())
        gains_little = active > _COMPACT_BELOW * (len(self.rows) // self._adapters)
        return None if gains_little else self.active_rows(active)

    def active_rows(self, count: int) -> torch.Tensor:
        """Return the positions of each adapter's active rows, in their order, (adapters * count,) long.

        Parameters
        ----------
        count : of each adapter; where it has fewer, ended ones are the padding
        """
        is_active = self._active_by_adapter()
        chosen = (~is_active).int().argsort(dim=1, stable=True)[:, :count].sort(dim=1).values
        starts = torch.arange(self._adapters, device=chosen.device)[:, None] * is_active.shape[1]
        return (chosen + starts).flatten()

    def keep(self, kept: torch.Tensor) -> None:
        """Go on with some of the rows."""
        self.rows = self.rows[kept]

    def completions(self) -> list[Completion]:
        """Return the completions of all rows."""
        tokens, lengths = self._tokens.tolist(), self._lengths.tolist()
        is_active = self._is_active.tolist()
        return [
            Completion(tuple(row_tokens[:length]), not is_unfinished)
            for row_tokens, length, is_unfinished in zip(tokens, lengths, is_active, strict=True)
        ]

    def _active_by_adapter(self) -> torch.Tensor:
        return self._is_active[self.rows].view(self._adapters, -1)


def rows_to_keep(active: int, rows_per_adapter: int, min_saved: float) -> int:
    """Return the number of rows of each adapter to go on with where another number has a capture cost.

    Parameters
    ----------
    active, rows_per_adapter : most active rows of an adapter, and its rows in the batch
    min_saved : rows that must be saved
    """
    fewer = min(rows_per_adapter, -(-active // _ROWS_MULTIPLE) * _ROWS_MULTIPLE)
    gains = fewer <= _COMPACT_BELOW * rows_per_adapter and rows_per_adapter - fewer >= min_saved
    return fewer if gains else rows_per_adapter
