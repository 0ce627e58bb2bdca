"""Adapters go to peft and come from peft."""

import json

import pytest
import torch
from peft import PeftModel
from safetensors.torch import load_file, save_file

from manylora.adapters.adapter_bank import attached
from manylora.adapters.adapter_files import read_adapter, read_adapter_shape, save_adapter
from manylora.config import AdapterShape
from manylora.errors import AdapterFileError
from manylora.models.base_model import BaseModel
from manylora.models.loaded_model import LoadedModel
from manylora.sampling.sampling import Request, Sampling, sample

from ..tiny_models import ALL_PROJECTIONS, ARCHITECTURES, peft_model, random_adapter, tiny_loaded, tiny_model

SHAPE = AdapterShape(4, 8.0, True, 0.05, ALL_PROJECTIONS)
IDS = torch.tensor([[5, 6, 7, 8, 9, 10]])
CONFIG, WEIGHTS = "adapter_config.json", "adapter_model.safetensors"


@pytest.fixture
def loaded():
    return tiny_loaded()


@pytest.fixture
def saved(loaded, tmp_path):
    save_adapter(tmp_path / "adapter", random_adapter(loaded, SHAPE, 1), SHAPE, loaded.base)
    return tmp_path / "adapter"


@pytest.mark.parametrize("architecture", sorted(ARCHITECTURES))
@torch.inference_mode()
def test_peft_loads_what_is_saved_and_says_the_same(architecture, tmp_path):
    loaded = tiny_loaded(architecture)
    weights = random_adapter(loaded, SHAPE, 1)
    save_adapter(tmp_path, weights, SHAPE, loaded.base)
    with attached(loaded, SHAPE, 1) as bank:
        bank.put(0, weights)
        own = loaded.model(IDS).logits
    peft = PeftModel.from_pretrained(tiny_model(architecture).eval(), tmp_path)
    torch.testing.assert_close(peft(IDS).logits, own, atol=1e-5, rtol=1e-5)
    assert (own - loaded.model(IDS).logits).abs().max() > 0.1


@pytest.mark.parametrize("stabilised", [True, False])
@torch.inference_mode()
def test_what_peft_saved_is_sampled_here(loaded, tmp_path, stabilised):
    shape = AdapterShape(3, 6.0, stabilised, 0.0, ("q_proj", "down_proj"))
    peft = peft_model(loaded, shape, random_adapter(loaded, shape, 2, size=1.0))
    peft.save_pretrained(tmp_path)
    found = read_adapter_shape(tmp_path)
    assert (found.rank, found.alpha, found.rank_stabilised) == (3, 6.0, stabilised)
    assert set(found.projections) == {"q_proj", "down_proj"}
    weights = read_adapter(tmp_path, loaded)
    with attached(loaded, found, 1) as bank:
        bank.put(0, weights)
        ((own,),) = sample(loaded, [[Request((5, 6, 7), 1, "")]], Sampling(1.0, 1e-6, 8))
    expected = peft.generate(IDS[:, :3], max_new_tokens=8, do_sample=False, pad_token_id=0)[0, 3:].tolist()
    assert list(own[0].tokens) == expected[: len(own[0].tokens)]
    assert len(own[0].tokens) == 8 or expected[len(own[0].tokens)] == 2


def test_the_same_adapter_has_the_same_bytes(loaded, saved, tmp_path):
    save_adapter(tmp_path / "again", random_adapter(loaded, SHAPE, 1), SHAPE, loaded.base)
    for name in (CONFIG, WEIGHTS, "base_model.json"):
        assert (saved / name).read_bytes() == (tmp_path / "again" / name).read_bytes()
    again = read_adapter(saved, loaded)
    assert all(torch.equal(a, again.down[name]) for name, a in random_adapter(loaded, SHAPE, 1).down.items())


def edited(key, value):
    def edit(folder):
        content = json.loads((folder / CONFIG).read_text())
        content[key] = value
        if value is None:
            del content[key]
        (folder / CONFIG).write_text(json.dumps(content))

    return edit


def with_tensors(change):
    def edit(folder):
        tensors = load_file(folder / WEIGHTS)
        change(tensors)
        save_file(tensors, folder / WEIGHTS)

    return edit


def truncate(folder):
    content = (folder / WEIGHTS).read_bytes()
    (folder / WEIGHTS).write_bytes(content[: len(content) // 2])


FIRST = "base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight"


@pytest.mark.parametrize(
    ("damage", "file", "expected"),
    [
        (lambda folder: (folder / CONFIG).unlink(), CONFIG, "expected a file that can be read"),
        (lambda folder: (folder / CONFIG).write_text("{"), CONFIG, "expected JSON"),
        (lambda folder: (folder / CONFIG).write_text("[]"), CONFIG, "expected PEFT's configuration"),
        (edited("peft_type", "IA3"), CONFIG, "key peft_type: expected LORA, got 'IA3'"),
        (edited("use_dora", True), CONFIG, "key use_dora: expected False, got True"),
        (edited("bias", "all"), CONFIG, "key bias: expected 'none', got 'all'"),
        (edited("r", "many"), CONFIG, "expected PEFT's configuration of a LoRA adapter: invalid literal"),
        (edited("r", None), CONFIG, "expected PEFT's configuration of a LoRA adapter: 'r'"),
        (lambda folder: (folder / WEIGHTS).unlink(), WEIGHTS, "expected an adapter's weights"),
        (truncate, WEIGHTS, "expected an adapter's weights"),
        (with_tensors(lambda t: t.pop(FIRST)), WEIGHTS, "expected model.layers.0.self_attn.q_proj.lora_A"),
        (
            with_tensors(lambda t: t.update({FIRST: torch.zeros(4, 31)})),
            WEIGHTS,
            r"q_proj.lora_A: expected shape \(4, 32\), as the base model has it, got \(4, 31\)",
        ),
        (
            lambda folder: (folder / "base_model.json").write_text("{}"),
            "base_model.json",
            "expected name and",
        ),
        (
            with_tensors(lambda t: t.update(surplus=torch.zeros(1))),
            WEIGHTS,
            "expected modules of tiny-llama only, got surplus",
        ),
    ],
)
def test_a_damaged_adapter_is_one_error_that_names_the_file(loaded, saved, damage, file, expected):
    damage(saved)
    with pytest.raises(AdapterFileError, match=expected) as error:
        read_adapter(saved, loaded)
    assert str(error.value).startswith(str(saved / file))
    assert "\n" not in str(error.value)


def test_an_adapter_for_another_base_is_refused(loaded, saved):
    other = LoadedModel(
        BaseModel("other", loaded.base.directory, "another"), loaded.model, loaded.tokenizer, "float32"
    )
    with pytest.raises(
        AdapterFileError, match=r"expected an adapter for other \(another\), got one for tiny-llama"
    ):
        read_adapter(saved, other)
