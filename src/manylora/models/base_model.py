"""A base model that can be loaded: where it is, and what determines its tokens and numbers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


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
