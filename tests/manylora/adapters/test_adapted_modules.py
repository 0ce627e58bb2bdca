"""Adapters are for the modules that text teaches and that PEFT loads; what cannot be adapted is one line."""

import warnings

import pytest
import torch
from peft import PeftModel
from torch import nn
from transformers import AutoModelForCausalLM

from manylora.adapters.adapted_modules import UnadaptedModulesWarning, adapted_modules, saved_projections
from manylora.adapters.adapter_bank import attached
from manylora.adapters.adapter_files import save_adapter
from manylora.config import AdapterShape
from manylora.errors import ManyLoraError

from ..families import tiny_config, tiny_family
from ..tiny_models import ALL_PROJECTIONS, peft_model, random_adapter, tiny_loaded

IDS = torch.tensor([[5, 6, 7, 8, 9], [50, 51, 52, 53, 54]])


def shape_of(*projections):
    return AdapterShape(4, 8.0, True, 0.0, projections)


@pytest.mark.parametrize(
    ("family", "projections", "expected"),
    [
        ("phi3", ALL_PROJECTIONS, r"has no gate_proj, k_proj, q_proj, up_proj, v_proj; it has down_proj, gate_up_proj"),
        ("gpt2", ("c_attn",), r"whose c_attn is a Conv1D; it has none"),
        ("gpt2", ("c_attn", "q_proj"), r"which has no q_proj, whose c_attn is a Conv1D"),
        ("llama", ("q_proj", "lm_head"), r"whose lm_head is the output embedding"),
        ("gpt_neox", ("lm_head",), r"whose lm_head is the output embedding"),
        ("mixtral", ("gate_proj",), r"has no gate_proj; it has k_proj, o_proj, q_proj, v_proj"),
        ("phimoe", ("router",), r"router maps something else than the tokens of a batch"),
        ("deepseek_v3", ALL_PROJECTIONS, r"has no k_proj, q_proj, v_proj; it has"),
        ("deepseek_v3", ("down_proj",), r"PEFT .* would adapt model.layers.1.mlp.experts as well and leave model.*out"),
        ("mamba", ("out_proj",), r"which PEFT can adapt: ValueError: .*out_proj"),
        ("mamba", ("dt_proj",), r"dt_proj learns nothing from text"),
        ("axk2", ("o_proj", "wk"), r"indexer.wk learns nothing from text"),
    ],
)  # fmt: skip
def test_projections_that_cannot_be_adapted_are_one_line(family, projections, expected):
    with pytest.raises(ManyLoraError, match=expected) as caught:
        adapted_modules(tiny_family(family), projections)
    assert str(caught.value).startswith("projections: expected linear modules of ")
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 500


def test_weights_of_another_type_are_named():
    loaded = tiny_loaded()
    loaded.model.model.layers[2].self_attn.q_proj.to(torch.bfloat16)
    with pytest.raises(ManyLoraError, match=r"in float32, got bfloat16 in model.layers.2.self_attn.q_proj"):
        adapted_modules(loaded, ("q_proj",))


class RoutedExperts(nn.Module):
    """Linear experts, each given the tokens that are routed to it."""

    def __init__(self):
        super().__init__()
        self.experts = nn.ModuleList(nn.Linear(32, 32, bias=False) for _ in range(2))

    def forward(self, states):
        chosen = states[..., 0] > 0
        output = torch.zeros_like(states)
        for expert, own in zip(self.experts, (chosen, ~chosen), strict=True):
            output[own] = expert(states[own])
        return output


class Transposed(nn.Module):
    """A linear module that is given the tokens of a batch in another order."""

    def __init__(self):
        super().__init__()
        self.inner = nn.Linear(32, 32, bias=False)

    def forward(self, states):
        return self.inner(states.transpose(0, 1)).transpose(0, 1)


@pytest.mark.parametrize(("block", "name"), [(RoutedExperts, "0"), (Transposed, "inner")])
def test_modules_that_are_not_given_a_batch_in_its_order_are_named(block, name):
    loaded = tiny_loaded()
    loaded.model.model.layers[1].mlp = block()
    with pytest.raises(ManyLoraError, match=rf"whose model.layers.1.mlp.*{name} maps something else"):
        adapted_modules(loaded, (f"experts.{name}" if name == "0" else name,))


@pytest.mark.parametrize("family", ["qwen2_moe", "llama4_text", "opt", "deepseek_v3", "llama"])
@torch.inference_mode()
def test_inputs_of_any_dimension_are_adapted_as_peft_does(family):
    """Shared experts and feed-forward layers are given (tokens, width), latent attention (rows, 1, length, width)."""
    loaded = tiny_family(family)
    shape = shape_of(
        *{"opt": ("fc1", "fc2"), "deepseek_v3": ("kv_b_proj", "o_proj")}.get(family, ALL_PROJECTIONS)
    )
    adapters = [random_adapter(loaded, shape, seed, size=0.1) for seed in range(2)]
    with attached(loaded, shape, 2) as bank:
        for place, weights in enumerate(adapters):
            bank.put(place, weights)
        together = loaded.model(IDS.repeat(2, 1)).logits.view(2, *IDS.shape, -1)
    for weights, logits in zip(adapters, together, strict=True):
        torch.testing.assert_close(
            logits, peft_model(loaded, shape, weights)(IDS).logits, atol=2e-5, rtol=1e-4
        )
    assert (together[0] - together[1]).abs().max() > 0.1


def test_positions_that_are_not_those_of_the_adapters_rows_are_one_line():
    loaded, shape = tiny_loaded(), shape_of("q_proj")
    with (
        attached(loaded, shape, 3),
        pytest.raises(
            ManyLoraError,
            match=r"model.layers.0.self_attn.q_proj: .* as many for each of 3 adapters, got 10",
        ),
    ):
        loaded.model(IDS)


def test_a_vision_tower_is_left_out_said_and_peft_loads_the_rest(tmp_path):
    loaded, shape = tiny_family("gemma3"), shape_of(*ALL_PROJECTIONS)
    with pytest.warns(
        UnadaptedModulesWarning, match=r"3 of 17 modules have no adapter, .* model.vision_tower"
    ):
        modules = adapted_modules(loaded, shape.projections)
    assert not any("vision" in name for name in modules)
    saved = saved_projections(loaded, shape.projections)
    assert sorted(saved) == sorted(modules)
    weights = random_adapter(loaded, shape, 1)
    save_adapter(tmp_path, weights, shape_of(*saved), loaded.base)
    torch.manual_seed(0)
    base = AutoModelForCausalLM.from_config(tiny_config("gemma3")).eval()
    with warnings.catch_warnings(), torch.inference_mode():
        warnings.simplefilter("error", UserWarning)  # that keys are missing
        peft = PeftModel.from_pretrained(base, tmp_path)
        with attached(loaded, shape, 1) as bank:
            bank.put(0, weights)
            torch.testing.assert_close(peft(IDS).logits, loaded.model(IDS).logits, atol=1e-5, rtol=1e-5)
    with attached(loaded, shape_of(*saved), 1) as again:
        assert list(again.modules) == list(modules)


def test_where_all_are_adapted_the_projections_are_saved_as_they_are():
    assert saved_projections(tiny_loaded(), ("q_proj", "up_proj")) == ("q_proj", "up_proj")


def test_modules_are_looked_at_once():
    loaded = tiny_loaded()
    first = adapted_modules(loaded, ("q_proj",))
    loaded.model.model.layers[0].register_forward_pre_hook(lambda *_: pytest.fail("it was run again"))
    assert adapted_modules(loaded, ("q_proj",)) is first
