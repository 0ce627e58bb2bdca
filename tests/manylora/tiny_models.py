"""Random-weight models of several architectures, with a tokenizer, small enough for unit tests."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path

import gguf
import numpy as np
import torch
from peft import LoraConfig, PeftModel, get_peft_model, set_peft_model_state_dict
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import (
    AutoModelForCausalLM,
    GemmaConfig,
    LlamaConfig,
    MistralConfig,
    PreTrainedTokenizerFast,
    Qwen2Config,
)

from manylora.adapters.adapter_bank import AdapterWeights, attached
from manylora.config import AdapterShape
from manylora.models.base_model import BaseModel
from manylora.models.loaded_model import LoadedModel

ALL_PROJECTIONS = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
TEMPLATE = (
    "{% for message in messages %}<s>{{ message['role'] }} {{ message['content'] }}</s>{% endfor %}"
    "{% if add_generation_prompt %}<s>assistant {% endif %}"
)
NO_SYSTEM = (
    "{% if messages[0]['role'] == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}"
    + TEMPLATE
)
DROPS_SYSTEM = TEMPLATE.replace(
    "{% for message in messages %}", "{% for message in messages if message['role'] != 'system' %}"
)
ARCHITECTURES = {"llama": LlamaConfig, "qwen2": Qwen2Config, "mistral": MistralConfig, "gemma": GemmaConfig}


def tiny_tokenizer(template: str | None = TEMPLATE) -> PreTrainedTokenizerFast:
    """One token for each printable ASCII character, and three special ones."""
    characters = [chr(code) for code in range(32, 127)] + ["\n"]
    vocabulary = {token: index for index, token in enumerate(["<pad>", "<s>", "</s>", "<unk>", *characters])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    tokenizer.decoder = decoders.Fuse()
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="<pad>", bos_token="<s>", eos_token="</s>", unk_token="<unk>"
    )
    fast.chat_template = template
    return fast


def tiny_model(architecture: str, seed: int = 0, **sizes: int) -> torch.nn.Module:
    torch.manual_seed(seed)
    settings = {
        "vocab_size": 100,
        "hidden_size": 32,
        "intermediate_size": 48,
        "num_hidden_layers": 3,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "head_dim": 8,
        "max_position_embeddings": 512,
        "pad_token_id": 0,
        "bos_token_id": 1,
        "eos_token_id": 2,
        "initializer_range": 0.2,
    }
    return AutoModelForCausalLM.from_config(ARCHITECTURES[architecture](**settings | sizes))


def save_tiny(folder: Path, architecture: str = "llama", template: str | None = TEMPLATE) -> Path:
    tiny_model(architecture).save_pretrained(folder)
    tiny_tokenizer(template).save_pretrained(folder)
    return folder


def write_tiny_gguf(
    file: Path,
    without: str = "",
    more: Callable[[gguf.GGUFWriter], object] = lambda writer: None,
    endianess: gguf.GGUFEndian = gguf.GGUFEndian.LITTLE,
) -> Path:
    """A Llama of one block as a GGUF file, one tensor left out if it is named, and more written at the end."""
    writer = gguf.GGUFWriter(file, "llama", endianess=endianess)
    writer.add_block_count(1)
    writer.add_context_length(64)
    writer.add_embedding_length(32)
    writer.add_feed_forward_length(48)
    writer.add_head_count(4)
    writer.add_head_count_kv(2)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(8)
    writer.add_vocab_size(100)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("default")
    # Signs of the byte-level alphabet, among them those for space and line end.
    tokens = ["<pad>", "<s>", "</s>", *map(chr, range(33, 127)), "\u0120", "\u010a", "ab"]
    writer.add_token_list(tokens)
    writer.add_token_types([3] * 3 + [1] * 97)
    writer.add_token_merges(["a b"])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_chat_template(TEMPLATE)
    shapes = {
        "token_embd": (100, 32), "output_norm": (32,), "output": (100, 32), "blk.0.attn_norm": (32,),
        "blk.0.attn_q": (32, 32), "blk.0.attn_k": (16, 32), "blk.0.attn_v": (16, 32),
        "blk.0.attn_output": (32, 32), "blk.0.ffn_norm": (32,), "blk.0.ffn_gate": (48, 32),
        "blk.0.ffn_up": (48, 32), "blk.0.ffn_down": (32, 48),
    }  # fmt: skip
    numbers = np.random.default_rng(0)
    for name, shape in shapes.items():
        if f"{name}.weight" != without:
            writer.add_tensor(f"{name}.weight", numbers.normal(size=shape).astype(np.float32))
    more(writer)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return file


def tiny_loaded(
    architecture: str = "llama", seed: int = 0, template: str = TEMPLATE, **sizes: int
) -> LoadedModel:
    base = BaseModel(f"tiny-{architecture}", Path(architecture), "fingerprint")
    return LoadedModel(
        base, tiny_model(architecture, seed, **sizes).eval(), tiny_tokenizer(template), "float32"
    )


def random_adapter(loaded: LoadedModel, shape: AdapterShape, seed: int, size: float = 0.3) -> AdapterWeights:
    """An adapter that changes what the model says, as a trained one does."""
    generator = torch.Generator().manual_seed(seed)

    def normal(rows: int, columns: int) -> torch.Tensor:
        return torch.randn(rows, columns, generator=generator) * size

    with attached(loaded, shape, 1) as bank:
        modules = {name: module.base for name, module in bank.modules.items()}
    return AdapterWeights(
        {name: normal(shape.rank, module.in_features) for name, module in modules.items()},
        {name: normal(module.out_features, shape.rank) for name, module in modules.items()},
    )


def peft_model(loaded: LoadedModel, shape: AdapterShape, weights: AdapterWeights | None = None) -> PeftModel:
    """What peft makes of a copy of the model, with given weights."""
    config = LoraConfig(
        task_type="CAUSAL_LM", r=shape.rank, lora_alpha=shape.alpha, use_rslora=shape.rank_stabilised,
        lora_dropout=0.0, target_modules=list(shape.projections),
    )  # fmt: skip
    model = get_peft_model(copy.deepcopy(loaded.model).requires_grad_(True), config)
    if weights is not None:
        prefix = "base_model.model."
        state = {f"{prefix}{name}.lora_A.weight": tensor for name, tensor in weights.down.items()}
        state |= {f"{prefix}{name}.lora_B.weight": tensor for name, tensor in weights.up.items()}
        found = set_peft_model_state_dict(model, state)
        assert not found.unexpected_keys
    return model.eval()
