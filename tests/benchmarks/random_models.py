"""Models with the shape of large ones and random weights: for speed and memory, never for science."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from transformers import AutoModelForCausalLM, PreTrainedTokenizerFast, Qwen2Config

from marker_coupling.base_model import BaseModel
from marker_coupling.dialogue import Dialogue
from marker_coupling.loaded_model import LoadedModel
from marker_coupling.sampling import Request
from marker_coupling.training import TrainingTask

QWEN = "qwen2.5-7b-shape"


def qwen_shape(device):
    """Return a model of Qwen2.5-7B's shape in bfloat16; it has no tokenizer."""
    config = Qwen2Config(
        vocab_size=152064, hidden_size=3584, intermediate_size=18944, num_hidden_layers=28,
        num_attention_heads=28, num_key_value_heads=4, max_position_embeddings=32768, rope_theta=1e6,
        tie_word_embeddings=False, eos_token_id=151645,
    )  # fmt: skip
    torch.manual_seed(0)
    with torch.device(device):
        model = AutoModelForCausalLM.from_config(config, dtype=torch.bfloat16)
    model.eval().requires_grad_(False)
    return LoadedModel(BaseModel(QWEN, Path(QWEN), "random"), model, PreTrainedTokenizerFast, "bfloat16")


def random_tasks(vocabulary, adapters, examples, learning_rate):
    """Return tasks whose examples are as long as a study's: prompts of 30 to 45 tokens, answers of 40 to 130."""
    tasks = []
    for adapter in range(adapters):
        numbers = np.random.default_rng(adapter)
        dialogues = []
        for _ in range(examples):
            prompt, answer = int(numbers.integers(30, 46)), int(numbers.integers(40, 131))
            tokens = numbers.integers(0, vocabulary, prompt + answer).tolist()
            dialogues.append(Dialogue(tuple(tokens), prompt))
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
