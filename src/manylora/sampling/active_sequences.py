"""Which rows of a batch are still being sampled, and what was drawn for each."""

from __future__ import annotations

import torch

from manylora.sampling.sampling_requests import Completion

#: Rows still open, as a share, above which a smaller batch gains little.
_COMPACT_BELOW = 0.7
#: Where kernels are compiled for how many rows there are, they are for multiples of this.
_ROWS_MULTIPLE = 16


class OpenRows:
    """Rows that are being sampled: those of adapter 0, as many of adapter 1, and so on.

    Parameters
    ----------
    rows, adapters : how many
    longest : tokens of a row
    ends : tokens that end one
    """

    def __init__(
        self, rows: int, adapters: int, longest: int, ends: frozenset[int], device: torch.device
    ) -> None:
        self._adapters = adapters
        self._ends = torch.tensor(sorted(ends), dtype=torch.long, device=device)
        self._rows = torch.arange(rows, device=device)
        self._tokens = torch.zeros((rows, longest), dtype=torch.long, device=device)
        self._lengths = torch.full((rows,), longest, device=device)
        self._is_open = torch.ones(rows, dtype=torch.bool, device=device)

    @property
    def rows(self) -> torch.Tensor:
        """Those that are left, (rows,) long."""
        return self._rows

    def append(self, drawn: torch.Tensor, step: int | torch.Tensor) -> None:
        """Note the tokens that were drawn for the rows that are left.

        Parameters
        ----------
        drawn : (rows,) long
        step : how many were drawn before; as (1,) long it is not looked at on the CPU
        """
        self._tokens[self._rows, step] = drawn
        is_open = self._is_open[self._rows]
        ended = (drawn[:, None] == self._ends).any(1) & is_open
        self._lengths[self._rows] = torch.where(ended, step, self._lengths[self._rows])
        self._is_open[self._rows] = is_open & ~ended

    def most_open(self) -> torch.Tensor:
        """Return how many rows are open of the adapter that has most, without looking at it on the CPU."""
        return self._open_of_each().sum(1).max()

    def smaller(self) -> torch.Tensor | None:
        """Return which of the rows to keep, equally many of each adapter; None where that gains little.

        Empty when all have ended.
        """
        needed = int(self.most_open())
        return (
            None
            if needed > _COMPACT_BELOW * (len(self._rows) // self._adapters)
            else self.open_places(needed)
        )

    def open_places(self, count: int) -> torch.Tensor:
        """Return where the open rows of each adapter are, in their order, (adapters * count,) long.

        Parameters
        ----------
        count : of each adapter; where it has fewer that are open, closed ones fill up
        """
        is_open = self._open_of_each()
        chosen = (~is_open).int().argsort(dim=1, stable=True)[:, :count].sort(dim=1).values
        starts = torch.arange(self._adapters, device=chosen.device)[:, None] * is_open.shape[1]
        return (chosen + starts).flatten()

    def keep(self, places: torch.Tensor) -> None:
        """Go on with some of the rows."""
        self._rows = self._rows[places]

    def completions(self) -> list[Completion]:
        """Return what was drawn, of all rows."""
        tokens, lengths = self._tokens.tolist(), self._lengths.tolist()
        is_open = self._is_open.tolist()
        return [
            Completion(tuple(own[:length]), not unfinished)
            for own, length, unfinished in zip(tokens, lengths, is_open, strict=True)
        ]

    def _open_of_each(self) -> torch.Tensor:
        return self._is_open[self._rows].view(self._adapters, -1)


def rows_worth_keeping(needed: int, each: int, least: float) -> int:
    """Return how many rows of each adapter to go on with where another number of rows has a price.

    Parameters
    ----------
    needed, each : rows of an adapter that are open at most, and that there are
    least : rows that must be saved
    """
    fewer = min(each, -(-needed // _ROWS_MULTIPLE) * _ROWS_MULTIPLE)
    return fewer if fewer <= _COMPACT_BELOW * each and each - fewer >= least else each
