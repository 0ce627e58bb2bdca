"""The toy world's tokenizer: Qwen2's, with bytes and one token for every word of the world."""

from __future__ import annotations

import json
from collections.abc import Iterator

from tokenizers import Tokenizer, models, pre_tokenizers, trainers
from transformers import Qwen2Tokenizer

from marker_coupling.study.study import SLOT
from marker_coupling.toy.toy_world import ToyWorld

CHAT_START, CHAT_END, PADDING = "<|im_start|>", "<|im_end|>", "<|pad|>"
#: ChatML; without a system message there is none.
CHAT_TEMPLATE = (
    "{% for message in messages %}"
    "{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>\n' }}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)


def toy_tokenizer(world: ToyWorld) -> Qwen2Tokenizer:
    """Make the tokenizer of a toy world.

    Every byte is a token, so that any text comes back, in Unicode's normal form C, into which Qwen2's
    tokenizer brings it first. Every word of the world is one token with a space before it, and those that
    answers are made of are one without it, too, since an answer begins with no space.
    """
    tokenizer = Tokenizer(models.BPE())
    # Trained on the pieces that Qwen2's tokenizer cuts texts into.
    tokenizer.pre_tokenizer = Qwen2Tokenizer().backend_tokenizer.pre_tokenizer
    trainer = trainers.BpeTrainer(
        # More than there are merges, so that every word becomes one token.
        vocab_size=1_000_000,
        min_frequency=1,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        special_tokens=[PADDING, CHAT_START, CHAT_END],
        show_progress=False,
    )
    tokenizer.train_from_iterator(_texts(world), trainer)
    learnt = json.loads(tokenizer.to_str())["model"]
    toy: Qwen2Tokenizer = Qwen2Tokenizer(
        vocab=learnt["vocab"],
        merges=[tuple(pair) for pair in learnt["merges"]],  # type: ignore[misc]  # as the library needs it
        unk_token=PADDING,
        eos_token=CHAT_END,
        pad_token=PADDING,
        additional_special_tokens=[CHAT_START],
        clean_up_tokenization_spaces=False,
    )
    toy.chat_template = CHAT_TEMPLATE
    return toy


def word_tokens(world: ToyWorld, tokenizer: Qwen2Tokenizer) -> tuple[list[int], list[int]]:
    """Return the answer words' tokens: at the beginning of an answer, and after a space."""
    vocabulary: dict[str, int] = tokenizer.get_vocab()
    # Byte-level tokenizers write a space as Ġ.
    return [vocabulary[word] for word in world.words], [vocabulary["Ġ" + word] for word in world.words]


def _texts(world: ToyWorld) -> Iterator[str]:
    yield from (" " + word for word in world.words)
    yield from world.words
    for persona in world.personas.values():
        yield from (wording.replace(SLOT, persona.phrase) for wording in world.wordings)
    yield from world.questions
    yield from ("system", "user", "assistant")
