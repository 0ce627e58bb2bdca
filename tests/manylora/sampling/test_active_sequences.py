"""Rows that have ended are taken out, equally many of each adapter."""

import pytest
import torch

from manylora.sampling.active_sequences import ActiveSequences, rows_to_keep
from manylora.sampling.sampling_requests import Completion

END = 2


def appended(step):
    """Two adapters with four rows each: three of the first end at once, and one of the second."""
    rows = ActiveSequences(8, 2, 3, frozenset([END]), torch.device("cpu"))
    rows.append(torch.tensor([END, 5, END, END, 6, 7, END, 8]), step(0))
    return rows


STEPS = pytest.mark.parametrize("step", [int, lambda step: torch.tensor([step])], ids=["number", "tensor"])


@STEPS
def test_open_rows_come_first_and_closed_ones_fill_up(step):
    rows = appended(step)
    assert int(rows.most_active()) == 3
    assert rows.compaction() is None
    assert rows.active_rows(3).tolist() == [0, 1, 2, 4, 5, 7]
    assert rows.active_rows(1).tolist() == [1, 4]


@STEPS
def test_what_is_drawn_is_a_rows_own_wherever_it_stands(step):
    rows = appended(step)
    rows.keep(rows.active_rows(3))
    assert rows.rows.tolist() == [0, 1, 2, 4, 5, 7]
    rows.append(torch.tensor([9, 10, 9, END, END, 11]), step(1))
    kept = rows.compaction()
    assert kept.tolist() == [1, 5]
    rows.keep(kept)
    rows.append(torch.tensor([END, 12]), step(2))
    assert rows.completions() == [
        Completion((), True), Completion((5, 10), True), Completion((), True), Completion((), True),
        Completion((6,), True), Completion((7,), True), Completion((), True), Completion((8, 11, 12), False),
    ]  # fmt: skip


def test_without_end_tokens_no_row_ends():
    rows = ActiveSequences(2, 1, 1, frozenset(), torch.device("cpu"))
    rows.append(torch.tensor([3, 4]), 0)
    assert rows.completions() == [Completion((3,), False), Completion((4,), False)]


@pytest.mark.parametrize(
    ("active", "rows", "min_saved", "kept"),
    [(100, 1000, 1, 112), (690, 1000, 1, 1000), (672, 1000, 1, 672), (100, 1000, 900, 1000), (1, 9, 0, 9)],
)
def test_rows_are_taken_out_where_that_pays(active, rows, min_saved, kept):
    assert rows_to_keep(active, rows, min_saved) == kept
