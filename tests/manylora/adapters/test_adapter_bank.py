"""A model with adapters attached, and as it was before."""

import dataclasses
from contextlib import nullcontext

import pytest
import torch

from manylora.adapters.adapter_bank import attached, pinned_cat, to_host
from manylora.config import AdapterShape
from manylora.errors import ManyLoraError
from manylora.models.labelled_logits import labelled_logits

from ..tiny_models import ALL_PROJECTIONS, ARCHITECTURES, peft_model, random_adapter, tiny_loaded

SHAPE = AdapterShape(4, 8.0, True, 0.05, ALL_PROJECTIONS)
IDS = torch.tensor([[5, 6, 7, 8, 9, 10], [50, 51, 52, 53, 54, 55]])


@pytest.mark.parametrize("architecture", sorted(ARCHITECTURES))
@pytest.mark.parametrize("stabilised", [True, False])
@torch.inference_mode()
def test_every_adapter_computes_what_peft_computes_with_it(architecture, stabilised):
    loaded = tiny_loaded(architecture)
    shape = AdapterShape(4, 8.0, stabilised, 0.05, ALL_PROJECTIONS)
    adapters = [random_adapter(loaded, shape, seed) for seed in range(3)]
    with attached(loaded, shape, 3) as bank:
        for index, weights in enumerate(adapters):
            bank.put(index, weights)
        together = loaded.model(IDS.repeat(3, 1)).logits.view(3, *IDS.shape, -1)
    for weights, logits in zip(adapters, together, strict=True):
        expected = peft_model(loaded, shape, weights)(IDS).logits
        torch.testing.assert_close(logits, expected, atol=1e-5, rtol=1e-5)
    assert (together[0] - together[1]).abs().max() > 0.1


@pytest.mark.parametrize("error", [None, KeyError])
def test_the_model_is_as_before_when_the_block_ends(error):
    loaded = tiny_loaded()
    before = {name: tensor.clone() for name, tensor in loaded.model.state_dict().items()}
    modules = list(loaded.model.modules())
    with pytest.raises(error) if error else nullcontext(), attached(loaded, SHAPE, 2):
        assert list(loaded.model.modules()) != modules
        if error:
            raise error
    assert list(loaded.model.modules()) == modules
    assert all(torch.equal(tensor, before[name]) for name, tensor in loaded.model.state_dict().items())


def test_an_untrained_adapter_changes_nothing():
    loaded = tiny_loaded()
    with torch.inference_mode():
        plain = loaded.model(IDS).logits
        with attached(loaded, SHAPE, 2) as bank:
            bank.initialise(0, torch.Generator().manual_seed(0))
            assert torch.equal(loaded.model(IDS).logits, plain)


def test_a_projection_that_the_model_lacks_is_named():
    shape = AdapterShape(4, 8.0, True, 0.0, ("q_proj", "c_attn"))
    with (
        pytest.raises(ManyLoraError, match="expected linear modules of tiny-llama, which has no c_attn"),
        attached(tiny_loaded(), shape, 1),
    ):
        pass


def test_only_what_is_adapted_has_gradients():
    loaded = tiny_loaded()
    with attached(loaded, AdapterShape(4, 8.0, True, 0.0, ("q_proj", "v_proj")), 2) as bank:
        loaded.model(IDS).logits.sum().backward()
        trainable = {name for name, p in loaded.model.named_parameters() if p.requires_grad}
        assert trainable == {f"{name}.{half}" for name in bank.modules for half in ("down", "up")}
    assert all(parameter.grad is None for parameter in loaded.model.parameters())


def test_adapters_are_float32_on_a_base_in_bfloat16():
    loaded = dataclasses.replace(tiny_loaded(), precision="bfloat16")
    loaded.model.to(torch.bfloat16)
    with attached(loaded, SHAPE, 1) as bank, torch.inference_mode():
        assert {tensor.dtype for tensor in bank.weights(0).down.values()} == {torch.float32}
        assert loaded.model(IDS[:1]).logits.dtype == torch.bfloat16


@pytest.mark.parametrize("architecture", sorted(ARCHITECTURES))
@torch.inference_mode()
def test_labelled_logits_are_those_of_the_whole_sequence(architecture):
    loaded = tiny_loaded(architecture)
    mask = torch.tensor([[1, 1, 1, 1, 1, 1], [1, 1, 1, 1, 0, 0]])
    wanted = torch.tensor([[0, 1, 0, 0, 1, 0], [1, 0, 0, 1, 0, 0]], dtype=torch.bool)
    seen = []
    head = loaded.model.get_output_embeddings()
    handle = head.register_forward_hook(lambda _, inputs, output: seen.append(output.shape[1]))
    found = labelled_logits(loaded, IDS, wanted.flatten().nonzero()[:, 0])
    handle.remove()
    torch.testing.assert_close(found, loaded.model(IDS, attention_mask=mask).logits[wanted])
    assert seen == [4]  # no position without a label went through the head


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
