"""Weights one after another in memory, which are still the modules' own."""

import pytest
import torch
from torch import nn

from manylora.blocks.merged_weights import merged_weights

WIDTHS = (5, 2, 3)


def linears(biases=(True, True, True)):
    torch.manual_seed(0)
    return [
        nn.Linear(4, width, bias=bias).requires_grad_(False)
        for width, bias in zip(WIDTHS, biases, strict=True)
    ]


def test_one_product_is_all_modules_products():
    modules, inputs = linears(), torch.randn(7, 4)
    expected = torch.cat([module(inputs) for module in modules], dim=1)
    weights, biases = merged_weights(modules)
    torch.testing.assert_close(nn.functional.linear(inputs, weights, biases), expected)
    torch.testing.assert_close(torch.cat([module(inputs) for module in modules], dim=1), expected)


def test_memory_is_the_modules_own_and_moved_once():
    modules = linears()
    weights, biases = merged_weights(modules)
    again, _ = merged_weights(modules)
    assert again.data_ptr() == weights.data_ptr()
    modules[1].weight.data.fill_(9)
    modules[2].bias.data.fill_(8)
    assert (weights[5:7] == 9).all()
    assert (biases[7:] == 8).all()


def test_one_module_is_left_as_it_is():
    (module,) = linears()[:1]
    before = module.weight.data_ptr()
    assert merged_weights([module])[0].data_ptr() == before == module.weight.data_ptr()


def test_what_was_joined_in_inference_can_be_trained_through():
    modules, inputs = linears((False, False, False)), torch.randn(7, 4, requires_grad=True)
    with torch.inference_mode():
        assert merged_weights(modules)[1] is None
    weights, _ = merged_weights(modules)
    (inputs @ weights.t()).sum().backward()
    torch.testing.assert_close(inputs.grad, weights.sum(0).expand(7, -1))


def test_biases_of_some_only_are_refused():
    with pytest.raises(ValueError, match="a bias of all that share an input, or of none"):
        merged_weights(linears((True, False, True)))
