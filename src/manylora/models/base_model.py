"""A base model that can be loaded: where it is, what determines its tokens and numbers, and its precision."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Precision = Literal["auto", "float32", "bfloat16"]
PRECISIONS: tuple[Precision, ...] = ("auto", "float32", "bfloat16")


@dataclass(frozen=True)
class BaseModel:
    """A base model that has been found and can be loaded.

    Parameters
    ----------
    name : as the user gave it, made short
    directory : holds config.json, tokenizer and safetensors
    fingerprint : SHA-256 of what the model was made of
    chat_digest : digest of what the tokens of its chats depend on beyond that; empty if on nothing
    """

    name: str
    directory: Path
    fingerprint: str
    chat_digest: str = ""

    @property
    def key(self) -> str:
        """All that determines the base model's tokens and numbers, as keys of the store call it."""
        return f"base model {self.fingerprint}" + (f"; chats {self.chat_digest}" if self.chat_digest else "")


def chosen_precision(precision: Precision, device: str) -> str:
    """Resolve ``"auto"``: bfloat16 on a GPU, float32 on a CPU, whatever the CPU can do.

    On CPUs bfloat16 would halve the time but round away part of what is measured, above all in the first
    layers, where prompts differ by little in a stream whose common part is large.
    """
    if precision != "auto":
        return precision
    return "bfloat16" if device.startswith("cuda") else "float32"
