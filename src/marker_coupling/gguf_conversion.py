"""From a GGUF file to a directory of safetensors that loads in a second."""

from __future__ import annotations

import functools
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import gguf
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from marker_coupling.base_model import BaseModelError
from marker_coupling.loaded_model import check_weights

_MAGIC = b"GGUF"


def convert_gguf(file: Path, folder: Path) -> None:
    """Dequantize a GGUF file to float32 and save model and tokenizer.

    Parameters
    ----------
    file : the GGUF file
    folder : an empty folder

    Raises
    ------
    BaseModelError
        The file is no GGUF file, is cut off, lacks weights, or is of an architecture that transformers does
        not read.
    """
    with file.open("rb") as opened:
        if opened.read(4) != _MAGIC:
            raise BaseModelError(f"{file}: expected a GGUF file, which starts with {_MAGIC.decode()}")
    try:
        with _parsed_once():
            found: Any = AutoModelForCausalLM.from_pretrained(
                file.parent, gguf_file=file.name, dtype=torch.float32, output_loading_info=True
            )
            tokenizer = AutoTokenizer.from_pretrained(file.parent, gguf_file=file.name)
    except (ValueError, KeyError, IndexError, TypeError, RuntimeError, OSError, struct.error) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise  # the disk's fault, not the file's
        reason = " ".join(str(error).split())
        raise BaseModelError(f"{file}: expected a complete GGUF file: {reason:.150}") from error
    quantized, report = found
    check_weights(file, report)
    # What came from GGUF refuses to be saved; a fresh model with its weights does not.
    config = quantized.config
    if hasattr(config, "quantization_config"):
        del config.quantization_config
    with torch.device("meta"):
        plain = AutoModelForCausalLM.from_config(config, dtype=torch.float32)  # type: ignore[no-untyped-call]
    plain.load_state_dict(quantized.state_dict(), assign=True)
    plain.tie_weights()
    plain.generation_config = quantized.generation_config
    plain.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


@contextmanager
def _parsed_once() -> Iterator[None]:
    """Let the one file be parsed once: configuration, weights and tokenizer each read it from the start.

    Parsing the vocabulary in Python takes seconds each time, and so does mapping names once a tensor.
    """
    slow = ("GGUFReader", "get_tensor_name_map")
    originals = {name: getattr(gguf, name) for name in slow}
    for name, original in originals.items():
        setattr(gguf, name, functools.lru_cache(maxsize=1)(original))
    try:
        yield
    finally:
        for name, original in originals.items():
            setattr(gguf, name, original)
