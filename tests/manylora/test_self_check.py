"""A model that is not right for prompts beside others is refused in one line when it is loaded."""

import dataclasses
import json
import math
from contextlib import nullcontext

import pytest
import torch

from manylora.errors import BaseModelError
from manylora.loading import load
from manylora.self_check import check_model, half_of_digits
from marker_coupling.pipeline.plan.base_models import find_base_model
from marker_coupling.store.artifacts import ArtifactStore

from .families import tiny_family
from .tiny_models import ARCHITECTURES, save_tiny, tiny_loaded


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("architecture", sorted(ARCHITECTURES))
def test_a_model_that_is_right_passes(architecture, precision):
    loaded = dataclasses.replace(tiny_loaded(architecture), precision=precision)
    loaded.model.to(loaded.dtype).requires_grad_(False)
    check_model(loaded)


def sees_padding(loaded, replace):
    """Let every block add what it is given in the next position, as one that looks ahead does."""

    def add(_module, _inputs, output):
        return output + 0.05 * output.roll(-1, dims=1)

    loaded.model.model.layers[0].mlp.register_forward_hook(add)


def forgets_the_prefix(loaded, replace):
    def reorder(layer, rows):
        layer.keys, layer.values = (
            one.new_zeros((len(rows), *one.shape[1:])) for one in (layer.keys, layer.values)
        )

    replace("transformers.cache_utils.DynamicLayer.reorder_cache", reorder)


def mixes_rows(loaded, replace):
    loaded.model.model.layers[1].mlp.register_forward_hook(
        lambda _module, _inputs, output: output + output.mean(0)
    )


def is_no_number(loaded, replace):
    loaded.model.lm_head.weight.data[:] = math.nan


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("fault", [sees_padding, forgets_the_prefix, mixes_rows, is_no_number])
def test_a_fault_is_one_line(fault, precision, monkeypatch):
    loaded = dataclasses.replace(tiny_loaded(), precision=precision)
    loaded.model.to(loaded.dtype).requires_grad_(False)
    fault(loaded, monkeypatch.setattr)
    with pytest.raises(
        BaseModelError, match=r"^tiny-llama: expected a decoder whose .* do not depend on what"
    ) as caught:
        check_model(loaded)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("shift", [1e-6, 1.0])
def test_rounding_is_told_from_faults(shift):
    """Numbers that differ by the last digits pass, and those that differ as prompts do not, whatever their size."""
    loaded = tiny_loaded()
    seen = []

    def moved(_module, _inputs, output):
        seen.append(1)
        return output * (1 + shift * (len(seen) % 2))

    loaded.model.model.norm.register_forward_hook(moved)
    if shift < half_of_digits(torch.float32):
        check_model(loaded)
    else:
        with pytest.raises(BaseModelError, match="times what tells two prompts apart"):
            check_model(loaded)


def test_whatever_a_model_raises_is_one_line():
    loaded = tiny_loaded()

    def broken(*_):
        raise RuntimeError("of several\nlines " * 50)

    loaded.model.model.layers[0].register_forward_pre_hook(broken)
    with pytest.raises(
        BaseModelError, match=r"expected a decoder that gives hidden states .*: RuntimeError: of several"
    ) as caught:
        check_model(loaded)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize("kind", [torch.float8_e4m3fn, torch.uint8, torch.int8])
def test_weights_that_no_gradient_passes_are_refused(kind):
    loaded = tiny_loaded()
    module = loaded.model.model.layers[1].mlp.up_proj
    module.weight = torch.nn.Parameter(module.weight.data.to(kind), requires_grad=False)
    name = str(kind).removeprefix("torch.")
    with pytest.raises(
        BaseModelError, match=rf"got {name} in model.layers.1.mlp.up_proj.weight: no quantized"
    ):
        check_model(loaded)


@pytest.mark.parametrize(
    "settings", [{"quant_method": "fp8"}, {"quant_method": "bitsandbytes", "load_in_4bit": True}]
)
def test_a_quantized_model_is_refused_before_its_weights_are_read(tmp_path, settings):
    directory = save_tiny(tmp_path / "tiny")
    config = json.loads((directory / "config.json").read_text())
    (directory / "config.json").write_text(json.dumps({**config, "quantization_config": settings}))
    (directory / "model.safetensors").write_bytes(b"not looked at")
    expected = f"key quantization_config: expected none, .*got '{settings['quant_method']}'"
    with pytest.raises(BaseModelError, match=expected):
        load(find_base_model(str(directory), ArtifactStore(tmp_path / "store")))


def test_a_model_is_checked_when_it_is_loaded(tmp_path):
    directory = tmp_path / "rwkv"
    refused = tiny_family("rwkv")
    refused.model.save_pretrained(directory)
    refused.tokenizer.save_pretrained(directory)
    with pytest.raises(BaseModelError, match="rwkv: expected a decoder whose hidden states do not depend"):
        load(find_base_model(str(directory), ArtifactStore(tmp_path / "store")))


@pytest.mark.parametrize("family", ["moshi", "gemma3_text", "llama4_text"])
def test_windows_longer_than_the_probes_are_looked_at_as_short_ones(family):
    """Moshi's cache forgets what a pass without one still attends to."""
    setting = "attention_chunk_size" if family == "llama4_text" else "sliding_window"
    loaded = tiny_family(family, **{setting: 300})
    with pytest.raises(BaseModelError, match="do not depend") if family == "moshi" else nullcontext():
        check_model(loaded)
    assert getattr(loaded.model.config, setting) == 300


def test_probes_are_different_tokens_of_the_vocabulary():
    for family in ("llama", "gemma3_text"):
        tokens = tiny_family(family).probe_tokens(40)
        assert len(set(tokens)) == 40
        assert 0 < min(tokens) <= max(tokens) < 100
