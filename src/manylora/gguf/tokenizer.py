"""The tokenizer of a GGUF file, held against what transformers makes of it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from manylora.errors import BaseModelError

#: How texts are cut up before merges, as llama.cpp calls it, where GPT-2's way gives the same tokens: those
#: that cut numbers into digits have no merges of digits.
_AS_GPT2 = frozenset(
    {"default", "gpt-2", "codeshell", "command-r", "exaone", "jais", "mpt", "olmo", "refact", "smollm",
     "starcoder"}
)  # fmt: skip
#: What SentencePiece writes for a space.
_SPACE = "\N{LOWER ONE EIGHTH BLOCK}"


def check_tokenizer(file: Path, settings: Mapping[str, Any], tokenizer: Any) -> None:
    """Check that texts become the tokens that a file says.

    Parameters
    ----------
    settings : all metadata by key
    tokenizer : what transformers makes of them

    Raises
    ------
    BaseModelError
        Transformers cuts texts up otherwise.
    """
    kind = settings.get("tokenizer.ggml.model")
    cut = settings.get("tokenizer.ggml.pre", "default")
    if kind == "gpt2" and cut not in _AS_GPT2 | _known_cuts():
        expected = f"expected a way to cut texts up that transformers knows, got {cut!r:.40}"
        raise BaseModelError(f"{file}: key tokenizer.ggml.pre: {expected}")
    if kind == "llama":
        stated = settings.get("tokenizer.ggml.add_space_prefix", True)
        (first, *_) = tokenizer.convert_ids_to_tokens(tokenizer("x", add_special_tokens=False)["input_ids"])
        made = first.startswith(_SPACE)
        if made != stated:
            expected = f"expected {made}, as transformers makes it, got {stated!r:.40}"
            raise BaseModelError(f"{file}: key tokenizer.ggml.add_space_prefix: {expected}")


def _known_cuts() -> frozenset[str]:
    try:
        from transformers.integrations.gguf.gguf_tokenizer_mapping import GGUF_PRE_TOKENIZER_SPLITS
    except ImportError:  # versions that go by the architecture instead
        return frozenset({"qwen2", "llama-bpe"})
    return frozenset(GGUF_PRE_TOKENIZER_SPLITS)
