"""From a GGUF file to a directory of safetensors that loads in a second."""

from __future__ import annotations

import functools
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import gguf
import torch
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

from manylora.attributes import replaced
from manylora.errors import BaseModelError
from manylora.gguf.header import read_header
from manylora.gguf.rope import FACTORS, rope_parameters
from manylora.gguf.settings import check_settings
from manylora.gguf.tensors import check_tensors
from manylora.gguf.tokenizer import check_tokenizer
from manylora.models.model_files import check_weights


def convert_gguf(file: Path, folder: Path) -> None:
    """Dequantize a GGUF file to float32 and save model and tokenizer in an empty folder.

    Raises
    ------
    BaseModelError
        The file is no GGUF file, is cut off, is no whole language model, or is of an architecture that
        transformers does not read; or transformers makes something else of it than it says.
    """
    header = read_header(file)
    try:
        with _parsed_once():
            config = AutoConfig.from_pretrained(file.parent, gguf_file=file.name)
            check_settings(file, header.settings, config)
            rope = None
            if header.settings["general.architecture"] == "llama" and FACTORS in header.tensors:
                rope = rope_parameters(file, config)
            check_tensors(file, header, _empty(config), () if rope is None else (FACTORS,))
            loaded: Any = AutoModelForCausalLM.from_pretrained(
                file.parent, gguf_file=file.name, dtype=torch.float32, output_loading_info=True
            )
            tokenizer = AutoTokenizer.from_pretrained(file.parent, gguf_file=file.name)
        quantized, report = loaded
        check_weights(file, report)
        check_tokenizer(file, header.settings, tokenizer)
        if rope is not None:
            quantized.config.rope_parameters = rope
        plain = _plain(quantized)
    except (MemoryError, BaseModelError):
        raise
    except Exception as error:  # a broken file is felt wherever its content is first used
        if isinstance(error, OSError) and error.errno is not None:
            raise  # the disk's fault, not the file's
        reason = " ".join(str(error).split()) or type(error).__name__
        raise BaseModelError(f"{file}: expected a complete GGUF file: {reason:.150}") from error
    plain.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def _empty(config: Any) -> Any:
    """Return a model without numbers."""
    with torch.device("meta"):
        model: Any = AutoModelForCausalLM.from_config(config, dtype=torch.float32)  # type: ignore[no-untyped-call]
    model.tie_weights()
    return model


def _plain(quantized: Any) -> Any:
    """Return a model with the weights of one that came from GGUF, which itself refuses to be saved."""
    config = quantized.config
    if hasattr(config, "quantization_config"):
        del config.quantization_config
    plain = _empty(config)
    plain.load_state_dict(quantized.state_dict(), assign=True)
    plain.tie_weights()
    plain.generation_config = quantized.generation_config
    return plain


def _parsed_once() -> AbstractContextManager[None]:
    """Let the one file be parsed once: configuration and weights each read it from the start.

    Parsing the vocabulary in Python takes seconds each time, and so does mapping names once a tensor.
    """
    slow = ("GGUFReader", "get_tensor_name_map")
    return replaced(gguf, **{name: functools.lru_cache(maxsize=1)(getattr(gguf, name)) for name in slow})
