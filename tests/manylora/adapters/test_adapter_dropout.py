"""Dropout drops the share it is told, everywhere alike and everywhere else."""

import numpy as np
import pytest
import torch
from scipy.stats import binomtest, chi2_contingency
from torch import nn

from manylora.adapters.adapter_bank import AdaptedLinear
from manylora.adapters.adapter_dropout import AdapterDropout, token_keys

# Fixed seeds: these limits are met or not, and meet by chance no more often than this.
SMALLEST_P = 1e-4


def dropped(seeds, length=50, width=200, share=0.3, module=0):
    dropout = AdapterDropout(share)
    dropout.token_keys = token_keys(seeds, length)
    return dropout(torch.ones(len(seeds), len(seeds[0]), length, width), module) == 0


@pytest.mark.parametrize("share", [0.05, 0.3, 0.9])
def test_the_share_is_dropped(share):
    mask = dropped([[(1, step, row) for row in range(20)] for step in range(5)], share=share)
    assert binomtest(int(mask.sum()), mask.numel(), share).pvalue > SMALLEST_P
    for axis in range(4):
        # Along every axis alike: no adapter, example, position or channel is dropped more than another.
        counts = mask.sum(dim=[other for other in range(4) if other != axis]).numpy()
        of_each = mask.numel() / len(counts)
        statistic = ((counts - share * of_each) ** 2 / (share * (1 - share) * of_each)).sum()
        assert abs(statistic - len(counts)) < 4 * np.sqrt(2 * len(counts))


@pytest.mark.parametrize("change", ["seed", "step", "row", "module", "position", "channel"])
def test_what_is_dropped_in_one_place_tells_nothing_of_another(change):
    first = dropped([[(1, 2, 3)]], length=300, width=300)[0, 0]
    others = {"seed": (9, 2, 3), "step": (1, 9, 3), "row": (1, 2, 9)}
    if change in ("position", "channel"):
        second = first.roll(1, dims=0 if change == "position" else 1)
    else:
        module = 9 if change == "module" else 0
        second = dropped([[others.get(change, (1, 2, 3))]], length=300, width=300, module=module)[0, 0]
    table = np.histogram2d(first.flatten(), second.flatten(), bins=2)[0]
    assert chi2_contingency(table).pvalue > SMALLEST_P


def test_longer_padding_and_other_rows_change_nothing():
    alone = dropped([[(1, 2, 3)]], length=20)
    assert torch.equal(
        dropped([[(7, 7, 7), (0, 0, 0)], [(5, 5, 5), (1, 2, 3)]], length=33)[1, 1, :20], alone[0, 0]
    )


def test_nothing_is_dropped_at_share_zero():
    assert not dropped([[(1, 2, 3)]], share=0.0).any()


def test_the_expected_update_is_that_without_dropout():
    torch.manual_seed(0)
    module = AdaptedLinear(nn.Linear(64, 5), torch.randn(1, 3, 64), torch.randn(1, 5, 3), 6 / 3**0.5, 0, "")
    inputs = torch.randn(1, 1, 64).expand(4000, 8, 64)
    with torch.no_grad():
        expected = module(inputs)[0, 0]
        module.dropout = AdapterDropout(0.4)
        module.dropout.token_keys = token_keys([[(1, 0, row) for row in range(4000)]], 8)
        found = module(inputs).flatten(0, 1)
    error = found.std(dim=0) / len(found) ** 0.5
    assert (error > 0).all()
    assert ((found.mean(dim=0) - expected).abs() < 4 * error).all()
