"""Digest of all that the tokens of a model's chats depend on beyond the model's files, for keys.

Most templates and tokenizers say all themselves, and the fingerprint of the files covers them. A digest of a
rendered probe chat is added where something else has a say: the day that a template prints, a switch for
thinking, an opening that the template writes before answers, an end token that is not configured, or a
tokenizer that transformers builds otherwise than its file says.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection
from datetime import datetime
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer
from transformers import AutoConfig, AutoTokenizer, GenerationConfig

from manylora.chats import chat_format
from manylora.chats.chat_format import ANSWER, SYSTEM, messages_of
from manylora.chats.chat_template import ChatTemplate
from manylora.errors import BaseModelError, ManyLoraError, reworded

#: What tokenizers cut up in different ways: numbers, spaces, line ends, contractions, marks, other scripts.
_QUESTION = (
    "Why don't 1,234 caf\u00e9s open at 12:30?\n\n  - I'm TOLD: \u201cno\u201d \u65e5\u672c... (x_1)\n"
)
#: Any day but the one on which templates are rendered.
_ANOTHER_DAY = datetime(1999, 12, 31)
#: Prompt and whole chat, by system prompt, and the tokens that end answers.
_Probe = tuple[list[tuple[tuple[int, ...], tuple[int, ...]]], list[int]]


def chat_digest(name: str, directory: Path) -> str:
    """Return a digest of a probe chat's tokens, or "" if the files in a model's directory determine them.

    Raises
    ------
    BaseModelError
        The tokenizer cannot be loaded, or its chat template takes no system prompt.
    """
    # A broken file is felt wherever its content is first used.
    with reworded(BaseModelError, f"{directory}: expected a complete model"):
        tokenizer: Any = AutoTokenizer.from_pretrained(
            directory, local_files_only=True, trust_remote_code=False
        )
        generation = _generation_ends(directory)
    template = ChatTemplate(name, tokenizer)
    try:
        probe = _probe(template, chat_format.configured_ends(generation, tokenizer))
    except ManyLoraError as error:
        raise BaseModelError(str(error)) from error
    if probe == _by_files_alone(template, directory, generation):
        return ""
    return hashlib.sha256(json.dumps(probe).encode()).hexdigest()[:16]


def _generation_ends(directory: Path) -> Any:
    """Return the end tokens of the model's generation settings, as transformers reads them."""
    try:
        settings = GenerationConfig.from_pretrained(directory, local_files_only=True)
    except OSError:  # there is none; the model's own configuration then says it
        config = AutoConfig.from_pretrained(directory, local_files_only=True, trust_remote_code=False)
        settings = GenerationConfig.from_model_config(config)
    return settings.eos_token_id


def _probe(template: ChatTemplate, configured: Collection[int]) -> _Probe:
    form = chat_format.read_chat_format(template, configured)
    chat_format.check_system_prompt(template, form)
    chats = []
    for system in (None, SYSTEM):
        rendered = template.render(messages_of(system, _QUESTION), True)
        prompt, whole = template.tokens([form.prompt(rendered), form.answered(rendered, ANSWER)])
        chats.append((prompt, whole[: len(whole) - form.trailing]))
    return chats, sorted({*configured, form.end_token})


def _by_files_alone(template: ChatTemplate, directory: Path, generation: Any) -> _Probe | None:
    """Return the probe by template and tokenizer.json alone, on another day and with nothing switched off."""
    named = template.tokenizer.eos_token_id if generation is None else generation
    ends = {named} if isinstance(named, int) else set(named or ())
    try:
        tokenizer = Tokenizer.from_file(str(directory / "tokenizer.json"))
        tokenizer.no_truncation()
        tokenizer.no_padding()
        chats = []
        for system in (None, SYSTEM):
            texts = [
                template.render(messages_of(system, _QUESTION, answer), answer is None, _ANOTHER_DAY, {})
                for answer in (None, ANSWER)
            ]
            encoded = tokenizer.encode_batch(texts, add_special_tokens=False)
            prompt, whole = (tuple(encoding.ids) for encoding in encoded)
            last_end = max(index for index, token in enumerate(whole) if token in ends)
            chats.append((prompt, whole[: last_end + 1]))
    except Exception:  # then there is no such file, or the template needs more than is given here
        return None
    return chats, sorted(ends)
