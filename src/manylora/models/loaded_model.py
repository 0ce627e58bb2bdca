"""A base model in memory, checked to be whole, with the precision that it computes in."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import torch
from transformers import Cache, DynamicCache, cache_utils
from transformers.cache_utils import DynamicLayer

from manylora.chats.chat import Chat
from manylora.chats.chat_format import ChatFormat, configured_ends, messages_of, read_chat_format
from manylora.chats.chat_template import ChatTemplate
from manylora.errors import ManyLoraError
from manylora.models.base_model import BaseModel

_Modules = Mapping[str, torch.nn.Linear]
#: Blocks' parts of a cache that hold keys and values, or nothing.
_KEYED_LAYERS = (DynamicLayer, getattr(cache_utils, "DummyLayer", DynamicLayer))
#: Chats tokenized at once: enough for all of a CPU's cores, in little memory.
_CHATS_AT_ONCE = 256


@dataclass(frozen=True, eq=False)
class LoadedModel:
    """A causal language model with its tokenizer.

    Parameters
    ----------
    base : what was loaded
    model, tokenizer : of transformers
    precision : ``"float32"`` or ``"bfloat16"``
    memory_share : of the memory that passes plan with, less than 1 where others compute on the same device

    Attributes
    ----------
    known_projections : modules of projections that were checked before, by name
    """

    base: BaseModel
    model: Any
    tokenizer: Any
    precision: str
    memory_share: float = 1.0
    known_projections: dict[tuple[str, ...], _Modules] = field(init=False, default_factory=dict)
    _known_chats: dict[Chat, tuple[int, ...]] = field(init=False, default_factory=dict)
    _known_prompts: dict[tuple[str | None, str], str] = field(init=False, default_factory=dict)

    @property
    def blocks(self) -> int:
        """The number of transformer blocks."""
        return int(self.model.config.get_text_config().num_hidden_layers)

    @property
    def device(self) -> torch.device:
        """Device of the weights."""
        return torch.device(self.model.device)

    @property
    def dtype(self) -> torch.dtype:
        """The type of the precision."""
        dtype: torch.dtype = getattr(torch, self.precision)
        return dtype

    def device_context(self) -> AbstractContextManager[object]:
        """Return a context in which the model's GPU is the current one, to which kernels and graphs go."""
        return torch.cuda.device(self.device) if self.device.type == "cuda" else nullcontext()

    def prompt_tokens(self, system: str | None, question: str) -> list[int]:
        """Return the tokens of a chat up to where the assistant begins to answer; see :meth:`chat_tokens`."""
        return list(self.chat_tokens([Chat(system, question)])[0])

    def chat_tokens(self, chats: Sequence[Chat]) -> list[tuple[int, ...]]:
        """Return the tokens of chats, those without an answer up to where the assistant begins to answer.

        Raises
        ------
        ManyLoraError
            The chat template is none that chats can be trained and sampled with.
        """
        # Adapters share most of their chats; what is said for the first time is tokenized together.
        known = self._known_chats
        new = [chat for chat in dict.fromkeys(chats) if chat not in known]
        for start in range(0, len(new), _CHATS_AT_ONCE):
            part = new[start : start + _CHATS_AT_ONCE]
            tokens = self.chat_template.tokens([self._text(chat) for chat in part])
            known.update(zip(part, tokens, strict=True))
        return [known[chat] for chat in chats]

    @cached_property
    def chat_template(self) -> ChatTemplate:
        """The tokenizer's chat template, with a clock that stands still."""
        return ChatTemplate(self.base.name, self.tokenizer)

    @cached_property
    def chat_format(self) -> ChatFormat:
        """Format of answers in the chat template."""
        return read_chat_format(self.chat_template, self._configured_ends)

    def _text(self, chat: Chat) -> str:
        prompt = chat.system, chat.question
        if prompt not in self._known_prompts:
            self._known_prompts[prompt] = self.chat_template.render(messages_of(*prompt), True)
        rendered = self._known_prompts[prompt]
        if chat.answer is None:
            return self.chat_format.prompt(rendered)
        return self.chat_format.answered(rendered, chat.answer)

    def probe_tokens(self, count: int) -> list[int]:
        """Return different tokens from the middle of the vocabulary, where no special ones are."""
        vocabulary = int(self.model.get_input_embeddings().weight.shape[0])
        return [vocabulary // 4 + 7 * index % max(1, vocabulary // 2) for index in range(count)]

    def decode(self, tokens: Sequence[int]) -> str:
        """Return the text of tokens without the special ones, every space as it was."""
        options = {"skip_special_tokens": True, "clean_up_tokenization_spaces": False}
        return str(self.tokenizer.decode(list(tokens), **options))

    def decode_batch(self, sequences: Sequence[tuple[int, ...]]) -> list[str]:
        """Return the text of each sequence of tokens, those that are the same decoded once."""
        text_of = {tokens: self.decode(tokens) for tokens in dict.fromkeys(sequences)}
        return [text_of[tokens] for tokens in sequences]

    def cache_arguments(self, cache: Cache) -> dict[str, Any]:
        """Return the arguments with which the model goes on from keys and values and adds its own to them."""
        return {self._cache_argument: cache, "use_cache": True}

    def new_cache(self) -> DynamicCache:
        """Return an empty cache of what the model remembers of the tokens that it was given."""
        return DynamicCache(config=self.model.config)

    @cached_property
    def has_attention(self) -> bool:
        """If any block remembers keys and values."""
        return any(isinstance(layer, DynamicLayer) for layer in self.new_cache().layers)

    @cached_property
    def can_share_prefixes(self) -> bool:
        """If all blocks remember keys and values, and can go on from them with several tokens at once.

        Few recurrent blocks go on from a state with more than one token at a time.
        """
        layers = self.new_cache().layers
        return bool(layers) and all(
            isinstance(layer, _KEYED_LAYERS) and not hasattr(layer, "recurrent_states") for layer in layers
        )

    @cached_property
    def _cache_argument(self) -> str:
        # transformers 5.24 renamed it.
        return "cache" if "cache" in inspect.signature(self.model.forward).parameters else "past_key_values"

    @property
    def end_tokens(self) -> frozenset[int]:
        """Tokens that end an answer: those that are configured, and the one that the chat template writes."""
        with suppress(ManyLoraError):  # sequences of tokens can be continued without any template
            return self._configured_ends | {self.chat_format.end_token}
        return self._configured_ends

    @property
    def _configured_ends(self) -> frozenset[int]:
        return configured_ends(self.model.generation_config.eos_token_id, self.tokenizer)
