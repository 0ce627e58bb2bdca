"""A base model in memory, checked to be whole, with the precision that it computes in."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer, Cache, DynamicCache, cache_utils
from transformers.cache_utils import DynamicLayer

from manylora.chats.chat_format import (
    ANSWER,
    QUESTION,
    SYSTEM,
    ChatFormat,
    check_system_prompt,
    configured_ends,
    messages_of,
    read_chat_format,
    tokens_of,
)
from manylora.chats.chat_template import ChatTemplate
from manylora.chats.tokenized_chat import Chat
from manylora.models.base_dropout import turn_dropout_off
from manylora.models.precision import Precision, chosen_precision
from marker_coupling.pipeline.base_models import BaseModel, BaseModelError
from marker_coupling.study.errors import InstrumentError

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
    """

    base: BaseModel
    model: Any
    tokenizer: Any
    precision: str

    @property
    def blocks(self) -> int:
        """The number of transformer blocks."""
        return int(self.model.config.get_text_config().num_hidden_layers)

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        device: torch.device = self.model.device
        return device

    @property
    def dtype(self) -> torch.dtype:
        """The type of the precision."""
        dtype: torch.dtype = getattr(torch, self.precision)
        return dtype

    def on_its_device(self) -> AbstractContextManager[object]:
        """Return a context in which the model's GPU is the current one, to which kernels and graphs go."""
        return torch.cuda.device(self.device) if self.device.type == "cuda" else nullcontext()

    def prompt_tokens(self, system: str | None, question: str) -> list[int]:
        """Return the tokens of a chat up to where the assistant begins to answer.

        Parameters
        ----------
        system : the system prompt; None leaves it to the chat template, which may put its own
        """
        return list(self.chat_tokens([Chat(system, question)])[0])

    def chat_tokens(self, chats: Sequence[Chat]) -> list[tuple[int, ...]]:
        """Return the tokens of chats, those without an answer up to where the assistant begins to answer.

        Raises
        ------
        InstrumentError
            The chat template is none that chats can be trained and sampled with.
        """
        # Adapters share most of their chats; what is said for the first time is tokenized together.
        known = self._known_chats
        new = [chat for chat in dict.fromkeys(chats) if chat not in known]
        for asks in (True, False):
            alike = [chat for chat in new if (chat.answer is None) == asks]
            for start in range(0, len(alike), _CHATS_AT_ONCE):
                part = alike[start : start + _CHATS_AT_ONCE]
                found = tokens_of(self.chat_template, [self._text(chat) for chat in part])
                known.update(zip(part, found, strict=True))
        return [known[chat] for chat in chats]

    @cached_property
    def chat_template(self) -> ChatTemplate:
        """The tokenizer's chat template, with a clock that stands still."""
        return ChatTemplate(self.base.name, self.tokenizer)

    @cached_property
    def chat_format(self) -> ChatFormat:
        """How the chat template writes an answer."""
        return read_chat_format(self.chat_template, self._configured_ends)

    def _text(self, chat: Chat) -> str:
        rendered = self.chat_template.render(messages_of(chat.system, chat.question), True)
        if chat.answer is None:
            return self.chat_format.prompt(rendered)
        return self.chat_format.answered(rendered, chat.answer)

    @cached_property
    def known_projections(self) -> dict[tuple[str, ...], Mapping[str, torch.nn.Linear]]:
        """Modules of projections that were looked at before, by name."""
        return {}

    @cached_property
    def _known_chats(self) -> dict[Chat, tuple[int, ...]]:
        return {}

    def decode(self, tokens: Sequence[int]) -> str:
        """Return the text of tokens without the special ones, every space as it was."""
        text: str = self.tokenizer.decode(
            list(tokens), skip_special_tokens=True, clean_up_tokenization_spaces=False
        )
        return text

    def decode_all(self, sequences: Sequence[tuple[int, ...]]) -> list[str]:
        """Return the text of each sequence of tokens, those that are the same decoded once."""
        text_of = {tokens: self.decode(tokens) for tokens in dict.fromkeys(sequences)}
        return [text_of[tokens] for tokens in sequences]

    def keeping_in(self, cache: Cache) -> dict[str, Any]:
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
        return self._configured_ends | {self.chat_format.end_token}

    @property
    def _configured_ends(self) -> frozenset[int]:
        return configured_ends(self.model.generation_config.eos_token_id, self.tokenizer)


def load(base: BaseModel, precision: Precision = "auto", device: str = "cpu") -> LoadedModel:
    """Load a base model and check that it is whole and can be asked as a persona.

    Raises
    ------
    BaseModelError
        Weights are missing, superfluous or of a wrong shape; no chat template; a chat template that takes
        no system prompt, as Gemma's: personas are given there and nowhere else; no such device; quantized
        weights; a model whose results for a prompt depend on what is computed beside it.
    """
    _check_device(device)
    chosen = chosen_precision(precision, device)
    directory = base.directory
    try:
        config = AutoConfig.from_pretrained(directory, local_files_only=True, trust_remote_code=False)
        _check_not_quantized(base.name, config)
        turn_dropout_off(config)
        found: Any = AutoModelForCausalLM.from_pretrained(
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
    except (MemoryError, BaseModelError):
        raise
    except Exception as error:  # a broken file is felt wherever its content is first used
        reason = " ".join(str(error).split())
        raise BaseModelError(f"{directory}: expected a complete model: {reason:.200}") from error
    model, report = found
    check_weights(directory, report)
    model = model.eval().requires_grad_(False).to(device)
    loaded = LoadedModel(base, model, tokenizer, chosen)
    _check_template(loaded)
    # They need what is defined here.
    from manylora.self_check import check_model

    check_model(loaded)
    return loaded


def _check_not_quantized(name: str, config: Any) -> None:
    for part in (config, config.get_text_config()):
        settings = getattr(part, "quantization_config", None)
        if settings is not None:
            given = settings if isinstance(settings, Mapping) else vars(settings)
            method = given.get("quant_method", "an unnamed method")
            raise BaseModelError(
                f"{name}: config.json: key quantization_config: expected none, got {method!s:.40}: quantized "
                "models are not supported"
            )


def check_weights(place: Path, report: Mapping[str, Any]) -> None:
    """Check that weights were all there and fit, so that none was made up.

    Parameters
    ----------
    place : where they came from, for the message
    report : what transformers says of the loading

    Raises
    ------
    BaseModelError
        Some were missing, superfluous or of a wrong shape.
    """
    for problem, what in (
        ("mismatched_keys", "a shape that fits config.json"),
        ("missing_keys", "all weights"),
        ("unexpected_keys", "no weights beyond those of config.json"),
    ):
        found = sorted(str(key) for key in report.get(problem, ()))
        if found:
            raise BaseModelError(f"{place}: expected {what}; see {found[0]} and {len(found) - 1} more")


def _check_device(device: str) -> None:
    try:
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:  # the latter where PyTorch was built without it
        reason = " ".join(str(error).split())
        raise BaseModelError(
            f"device {device!r:.40}: expected one that PyTorch can use here, such as cpu: {reason:.120}"
        ) from error


def _check_template(loaded: LoadedModel) -> None:
    try:
        check_system_prompt(loaded.chat_template, loaded.chat_format)
        (tokens,) = loaded.chat_tokens([Chat(SYSTEM, QUESTION, ANSWER)])
    except InstrumentError as error:  # which is the base model's, as nothing else would go with it
        raise BaseModelError(str(error)) from error
    rows = loaded.model.get_input_embeddings().weight.shape[0]
    if max(tokens) >= rows:
        token = loaded.tokenizer.convert_ids_to_tokens(max(tokens))
        raise BaseModelError(
            f"{loaded.base.name}: expected embeddings of all tokens that its chat template writes, "
            f"got {rows} rows and none for {token!r:.40}, which is token {max(tokens)}"
        )
