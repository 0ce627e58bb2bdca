"""Loading: a directory becomes the model that transformers loads, frozen; a model in memory is taken as it is."""

import json

import pytest
import torch
from transformers import AutoModelForCausalLM

from manylora.errors import BaseModelError
from manylora.loading import check_chats, load, load_from_memory
from manylora.models.base_model import BaseModel

from .tiny_models import NO_SYSTEM, TEMPLATE, save_tiny, tiny_loaded, tiny_model, tiny_tokenizer

IDS = torch.tensor([[5, 6, 7, 8, 9]])


def base(directory):
    return BaseModel("tiny", directory, "fingerprint")


@torch.inference_mode()
def test_a_directory_is_the_model_that_transformers_loads_and_is_frozen(tmp_path):
    loaded = load(base(save_tiny(tmp_path, "qwen2")))
    theirs = AutoModelForCausalLM.from_pretrained(tmp_path, dtype=torch.float32).eval()
    assert torch.equal(loaded.model(IDS).logits, theirs(IDS).logits)
    assert not loaded.model.training
    assert not any(parameter.requires_grad for parameter in loaded.model.parameters())


@pytest.mark.parametrize(("asked", "dtype"), [("float32", torch.float32), ("bfloat16", torch.bfloat16)])
def test_weights_have_the_precision_that_was_asked_for(tmp_path, asked, dtype):
    loaded = load(base(save_tiny(tmp_path)), asked)
    assert {parameter.dtype for parameter in loaded.model.parameters()} == {dtype}
    assert loaded.precision == asked


@pytest.mark.parametrize(
    ("settings", "method"),
    [({"quant_method": "gptq", "bits": 4}, "gptq"), ({"bits": 4}, "an unnamed method")],
)
def test_a_quantized_model_is_refused_before_its_weights_are_read(tmp_path, settings, method):
    config = json.loads((save_tiny(tmp_path) / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps(config | {"quantization_config": settings}))
    (tmp_path / "model.safetensors").unlink()
    expected = f"key quantization_config: expected none, got {method}: quantized models are not supported"
    with pytest.raises(BaseModelError, match=expected):
        load(base(tmp_path))


@pytest.mark.parametrize("template", [None, NO_SYSTEM])
def test_chats_are_checked_only_where_they_are_needed(tmp_path, template):
    directory = save_tiny(tmp_path, template=template)
    assert load(base(directory), needs_chats=False).base.name == "tiny"
    with pytest.raises(BaseModelError, match="tiny: expected a "):
        load(base(directory))


def test_every_token_that_chats_are_written_with_needs_an_embedding():
    assert check_chats(tiny_loaded()) is None
    cut = tiny_loaded(vocab_size=90)
    with pytest.raises(BaseModelError, match=r"got 90 rows and none for '.', which is token 9\d"):
        check_chats(cut)


def test_a_model_in_memory_is_taken_as_it_is_and_frozen():
    model = tiny_model("llama").train()
    loaded = load_from_memory(model, tiny_tokenizer(TEMPLATE))
    assert loaded.model is model
    assert not model.training
    assert not any(parameter.requires_grad for parameter in model.parameters())
    assert (loaded.base.name, loaded.base.fingerprint, loaded.precision) == (
        "LlamaForCausalLM",
        "",
        "float32",
    )


@pytest.mark.parametrize("given", ["a/directory", torch.nn.Linear(2, 2), None])
def test_what_is_no_model_of_transformers_is_refused(given):
    expected = f"expected a directory or a model of transformers, got {type(given).__name__}"
    with pytest.raises(BaseModelError, match=expected):
        load_from_memory(given)


@pytest.mark.parametrize("dtype", [torch.float16, torch.float64])
def test_weights_of_another_precision_are_refused(dtype):
    with pytest.raises(BaseModelError, match=r"in float32 or bfloat16, got float\d\d"):
        load_from_memory(tiny_model("llama").to(dtype))
