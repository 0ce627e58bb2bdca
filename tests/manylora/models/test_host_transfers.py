"""Copies are what they are of, and are copies."""

import torch

from manylora.models.host_transfers import pinned_cat, to_host


def test_a_copy_in_ordinary_memory_is_the_same_and_no_view():
    values = torch.arange(7.0)
    copied = to_host(values)
    values[0] = 9
    assert copied.tolist() == [0, 1, 2, 3, 4, 5, 6]


def test_parts_are_one_after_another_whatever_their_shapes():
    parts = [torch.arange(6.0).view(2, 3).t(), torch.tensor([9.0])]
    whole = pinned_cat(parts, torch.device("cpu"))
    assert whole.tolist() == [0, 3, 1, 4, 2, 5, 9]
    assert not whole.is_pinned()
