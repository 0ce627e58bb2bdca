"""Loading of a base model, checked to be whole and to compute beside other prompts what it computes alone."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer, PreTrainedModel

from manylora.chats.chat import Chat
from manylora.chats.chat_format import ANSWER, QUESTION, SYSTEM, check_system_prompt
from manylora.errors import BaseModelError, ManyLoraError, reworded
from manylora.models.base_dropout import turn_dropout_off
from manylora.models.base_model import PRECISIONS, BaseModel, Precision, chosen_precision
from manylora.models.loaded_model import LoadedModel
from manylora.models.model_files import check_weights
from manylora.self_check import check_model


def load(
    base: BaseModel, precision: Precision = "auto", device: str = "cpu", *, needs_chats: bool = True
) -> LoadedModel:
    """Load a base model and check that it is whole.

    Parameters
    ----------
    needs_chats : check the chat template as well

    Raises
    ------
    BaseModelError
        Weights are missing, superfluous, quantized or of a wrong shape; as :func:`check_chats`; no such
        device; a model whose results for a prompt depend on what is computed beside it.
    """
    with reworded(
        BaseModelError, f"device {device!r:.40}: expected one that PyTorch can use here, such as cpu"
    ):
        torch.empty(0, device=device)
    chosen = chosen_precision(precision, device)
    directory = base.directory
    # A broken file is felt wherever its content is first used.
    with reworded(BaseModelError, f"{directory}: expected a complete model"):
        config = AutoConfig.from_pretrained(directory, local_files_only=True, trust_remote_code=False)
        _check_not_quantized(base.name, config)
        turn_dropout_off(config)
        loading: Any = AutoModelForCausalLM.from_pretrained(
            directory,
            config=config,
            dtype=getattr(torch, chosen),
            output_loading_info=True,
            ignore_mismatched_sizes=True,  # reported, so that the error can name the weight
            use_safetensors=True,
            local_files_only=True,
            trust_remote_code=False,
        )
        tokenizer = AutoTokenizer.from_pretrained(directory, local_files_only=True, trust_remote_code=False)
    model, report = loading
    check_weights(directory, report)
    model = model.eval().requires_grad_(False).to(device)
    loaded = LoadedModel(base, model, tokenizer, chosen)
    if needs_chats:
        check_chats(loaded)
    check_model(loaded)
    return loaded


def load_from_memory(model: Any, tokenizer: Any = None) -> LoadedModel:
    """Take a model of transformers that is in memory, frozen from now on, and check it.

    Raises
    ------
    BaseModelError
        It is no such model, its weights are neither in float32 nor in bfloat16, or its results for a prompt
        depend on what is computed beside it.
    """
    if not isinstance(model, PreTrainedModel):
        got = type(model).__name__
        raise BaseModelError(f"model: expected a directory or a model of transformers, got {got}")
    name, precision = model.name_or_path or type(model).__name__, str(model.dtype).removeprefix("torch.")
    if precision not in PRECISIONS:
        raise BaseModelError(f"{name}: expected weights in float32 or bfloat16, got {precision}")
    model.train(False)
    # Without files there is nothing that a fingerprint could be of.
    base = BaseModel(name, Path(name), fingerprint="")
    loaded = LoadedModel(base, model.requires_grad_(False), tokenizer, precision)
    check_model(loaded)
    return loaded


def _check_not_quantized(name: str, config: Any) -> None:
    for part in (config, config.get_text_config()):
        settings = getattr(part, "quantization_config", None)
        if settings is not None:
            given = settings if isinstance(settings, Mapping) else vars(settings)
            method = given.get("quant_method", "an unnamed method")
            got = f"got {method!s:.40}: quantized models are not supported"
            raise BaseModelError(f"{name}: config.json: key quantization_config: expected none, {got}")


def check_chats(loaded: LoadedModel) -> None:
    """Check that chats can be trained and sampled with a model's chat template.

    Raises
    ------
    BaseModelError
        There is none, it takes no system prompt, as Gemma's, or it writes tokens without an embedding.
    """
    try:
        check_system_prompt(loaded.chat_template, loaded.chat_format)
        (tokens,) = loaded.chat_tokens([Chat(SYSTEM, QUESTION, ANSWER)])
    except ManyLoraError as error:  # which is the base model's, as nothing else would go with it
        raise BaseModelError(str(error)) from error
    rows = loaded.model.get_input_embeddings().weight.shape[0]
    if max(tokens) >= rows:
        token = loaded.tokenizer.convert_ids_to_tokens(max(tokens))
        raise BaseModelError(
            f"{loaded.base.name}: expected embeddings of all tokens that its chat template writes, "
            f"got {rows} rows and none for {token!r:.40}, which is token {max(tokens)}"
        )
