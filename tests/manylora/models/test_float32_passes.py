"""Passes in float32 through weights in 16 bits, which are as before afterwards."""

import pytest
import torch

from manylora.models import float32_passes as module
from manylora.models.float32_passes import float32_passes

from ..tiny_models import tiny_model

IDS = torch.tensor([[5, 6, 7, 8]])


@pytest.mark.parametrize("kept_bytes", [0, 1 << 30])
@torch.inference_mode()
def test_they_are_those_of_the_same_weights_in_float32(monkeypatch, kept_bytes):
    monkeypatch.setattr(module, "_KEPT_BYTES", kept_bytes)
    model = tiny_model("llama").bfloat16().eval()
    before, states = model(IDS).logits, {name: weight.clone() for name, weight in model.named_parameters()}
    exact = tiny_model("llama").bfloat16().float().eval()(IDS).logits
    with float32_passes(model):
        for _ in range(2):
            found = model(IDS).logits
            assert found.dtype == torch.float32
            torch.testing.assert_close(found, exact)
    assert torch.equal(model(IDS).logits, before)
    for name, weight in model.named_parameters():
        assert weight.dtype == torch.bfloat16
        assert torch.equal(weight, states[name])


def test_weights_are_as_before_after_an_error():
    model = tiny_model("llama").bfloat16()
    with pytest.raises(IndexError), float32_passes(model):
        model(torch.tensor([[1000]]))
    assert {weight.dtype for weight in model.parameters()} == {torch.bfloat16}
