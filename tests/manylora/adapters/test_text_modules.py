"""Modules that text teaches, and the order of the tokens that they are given."""

import pytest
import torch
from torch import nn

from manylora.adapters.peft_modules import modules_loaded_by_peft
from manylora.adapters.text_modules import learning_modules
from manylora.errors import ManyLoraError

from ..tiny_models import tiny_loaded

NAME = "model.layers.0.mlp.up_proj"


def modules_of(loaded, *names):
    return {name: loaded.model.get_submodule(name) for name in names}


def test_modules_on_which_logits_depend_learn_and_others_do_not():
    loaded = tiny_loaded()
    loaded.model.aside = nn.Linear(32, 32)
    names = [name for name, module in loaded.model.named_modules() if isinstance(module, nn.Linear)]
    names.remove("lm_head")
    assert learning_modules(loaded, modules_of(loaded, *names)) == set(names) - {"aside"}


def test_nothing_is_changed_by_looking():
    loaded, ids = tiny_loaded(), torch.tensor([[5, 6, 7]])
    before = loaded.model(ids).logits
    learning_modules(loaded, modules_of(loaded, NAME))
    assert torch.equal(loaded.model(ids).logits, before)
    assert not loaded.model.get_submodule(NAME)._forward_hooks


@pytest.mark.parametrize(
    "order", [lambda states: states.flip(0), lambda states: states[:, :3]], ids=["sequences", "some tokens"]
)
def test_a_module_that_is_given_other_tokens_is_named(order):
    loaded, name = tiny_loaded(), "model.layers.0.mlp.extra"
    block = loaded.model.model.layers[0].mlp
    block.extra = nn.Linear(32, 4)
    block.register_forward_hook(
        lambda module, inputs, output: output + 0 * module.extra(order(inputs[0])).sum()
    )
    with pytest.raises(ManyLoraError, match=rf"whose {name} maps something else than the tokens of a batch"):
        learning_modules(loaded, modules_of(loaded, name))


def test_peft_adapts_and_fills_the_modules_of_these_names():
    loaded = tiny_loaded()
    modules = modules_of(loaded, NAME)
    adapted, filled = modules_loaded_by_peft(loaded.model, ("up_proj",), modules)
    assert adapted == {f"model.layers.{block}.mlp.up_proj" for block in range(3)}
    assert filled == {NAME}
