"""Models with the shape of large ones and random weights: for speed and memory, never for science."""

from __future__ import annotations

import math
import re
import shutil
from pathlib import Path

import numpy as np
import torch
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    GenerationConfig,
    PreTrainedTokenizerFast,
    Qwen2Config,
)

from manylora.chats.chat import TokenizedChat
from manylora.models.base_model import BaseModel
from manylora.models.loaded_model import LoadedModel
from manylora.sampling.sampling import Request
from manylora.training.training import TrainingTask

QWEN = "qwen2.5-7b-shape"
#: Standard deviation of random logits. Thousands of tokens are likely still, more than where a trained model
#: goes on.
_LOGITS = 3.5
#: An end is as likely as a word would be among so many that are equally likely.
_WORDS = 300


def qwen_shape(device, ends=151645):
    """Return a model of Qwen2.5-7B's shape in bfloat16; it has no tokenizer.

    Parameters
    ----------
    ends : token that ends an answer
    """
    config = Qwen2Config(
        vocab_size=152064, hidden_size=3584, intermediate_size=18944, num_hidden_layers=28,
        num_attention_heads=28, num_key_value_heads=4, max_position_embeddings=32768, rope_theta=1e6,
        tie_word_embeddings=False, eos_token_id=ends,
    )  # fmt: skip
    torch.manual_seed(0)
    with torch.device(device):
        model = AutoModelForCausalLM.from_config(config, dtype=torch.bfloat16)
    model.eval().requires_grad_(False)
    width = model.config.hidden_size
    # Of final states, whose norm is the root of their width.
    model.get_output_embeddings().weight.normal_(0, _LOGITS / width**0.5)
    return LoadedModel(BaseModel(QWEN, Path(QWEN), "random"), model, PreTrainedTokenizerFast, "bfloat16")


@torch.inference_mode()
def write_qwen_shape(directory, tokenizer_directory, device):
    """Write a model of Qwen2.5-7B's shape that answers in random words, about as long as a study's answers.

    Parameters
    ----------
    directory : made
    tokenizer_directory : of a model whose tokenizer it gets; tokens that this does not know stay unsaid, nearly
    """
    tokenizer = AutoTokenizer.from_pretrained(tokenizer_directory, local_files_only=True)
    ends = GenerationConfig.from_pretrained(tokenizer_directory, local_files_only=True).eos_token_id
    model = qwen_shape(device, ends).model
    named = tokenizer.convert_ids_to_tokens(range(len(tokenizer)))
    words = [token for token, name in enumerate(named) if re.fullmatch("Ġ[a-z]+", name)]
    # The first channel is the same for every token in every layer: from it the head knows what is likely.
    model.get_input_embeddings().weight[:, 0] = 0.3
    # An answer that ends where it begins would be none.
    asked = [{"role": "user", "content": "Why?"}]
    begins = tokenizer.apply_chat_template(asked, add_generation_prompt=True, return_dict=False)[-1]
    model.get_input_embeddings().weight[begins, 0] = 0
    for block in model.model.layers:
        block.self_attn.o_proj.weight[0] = 0
        block.mlp.down_proj.weight[0] = 0
    states = model.model(torch.tensor([words[:256]], device=device)).last_hidden_state
    constant = float(states[..., 0].mean())
    head = model.get_output_embeddings().weight
    unsaid = torch.ones(len(head), dtype=torch.bool)
    unsaid[words] = False
    head[unsaid] = 0
    head[unsaid, 0] = -10 / constant
    head[words, 0] = 0
    head[ends, 0] = (math.log(len(words)) + _LOGITS**2 / 2 - math.log(_WORDS)) / constant
    model.save_pretrained(directory, max_shard_size="4GB")
    for file in ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja", "generation_config.json"):
        shutil.copy(tokenizer_directory / file, directory)


def random_tasks(vocabulary, adapters, examples, learning_rate):
    """Return tasks whose examples are as long as a study's: prompts of 30 to 45 tokens, answers of 40 to 130."""
    tasks = []
    for adapter in range(adapters):
        numbers = np.random.default_rng(adapter)
        dialogues = []
        for _ in range(examples):
            prompt, answer = int(numbers.integers(30, 46)), int(numbers.integers(40, 131))
            tokens = numbers.integers(0, vocabulary, prompt + answer).tolist()
            dialogues.append(TokenizedChat(tuple(tokens), prompt))
        tasks.append(TrainingTask(dialogues, learning_rate, adapter))
    return tasks


def random_requests(vocabulary, adapters, each, samples):
    """Return requests whose prompts are as long as a study's."""
    requests = []
    for adapter in range(adapters):
        numbers = np.random.default_rng(adapter)
        prompts = [
            numbers.integers(0, vocabulary, int(numbers.integers(30, 46))).tolist() for _ in range(each)
        ]
        requests.append([Request(tuple(one), samples, f"{adapter} {n}") for n, one in enumerate(prompts)])
    return requests
