"""Chat templates that behave as those of real model families do, written for a tokenizer of single characters."""

from __future__ import annotations

from dataclasses import dataclass

from tokenizers import AddedToken
from transformers import PreTrainedTokenizerFast

from manylora.models.loaded_model import LoadedModel

from .tiny_models import tiny_loaded

#: Added to the tokenizer; those of the second line are not special, as in the families that think.
SPECIAL = (
    "<|im_start|>",
    "<|im_end|>",
    "<|end|>",
    "<|eot|>",
    "<|user|>",
    "<|return|>",
    "<|channel|>",
    "<|message|>",
)
NOT_SPECIAL = ("<think>", "</think>", "<|fin|>")


@dataclass(frozen=True)
class Family:
    """A chat template with what is right for it.

    Parameters
    ----------
    template : in Jinja
    asked : the text up to where an answer to "Why?" under "Be a cook." begins
    ended : the text behind an answer, up to and with its end token
    configured : the end token of the generation configuration; None leaves it to the tokenizer's, ``</s>``
    """

    template: str
    asked: str
    ended: str
    configured: str | None = None


def turns(body: str, asks: str = "") -> str:
    return (
        "{% for message in messages %}"
        + body
        + "{% endfor %}{% if add_generation_prompt %}"
        + asks
        + "{% endif %}"
    )


SAID = "<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n"
SYSTEM_AND_QUESTION = "<|im_start|>system\nBe a cook.<|im_end|>\n<|im_start|>user\nWhy?<|im_end|>\n"
NO_THOUGHT = "<think>\n\n</think>\n\n"
#: Behind the last question an assistant's turn begins with its thoughts, of which there are none.
THINKS = (
    "{% if message.role == 'assistant' and loop.last %}<|im_start|>assistant\n" + NO_THOUGHT
    + "{{ message.content }}<|im_end|>\n{% else %}" + SAID + "{% endif %}"
)  # fmt: skip
INST = (
    "{% if messages[0].role == 'system' %}{% set system = messages[0].content %}{% set rest = messages[1:] %}"
    "{% else %}{% set system = '' %}{% set rest = messages %}{% endif %}<s>"
    "{% for message in rest %}{% if message.role == 'user' %}"
)

FAMILIES = {
    "ChatML": Family(turns(SAID, "<|im_start|>assistant\n"), SYSTEM_AND_QUESTION + "<|im_start|>assistant\n", "<|im_end|>", "<|im_end|>"),
    "ChatML, configured with another end": Family(turns(SAID, "<|im_start|>assistant\n"), SYSTEM_AND_QUESTION + "<|im_start|>assistant\n", "<|im_end|>", "<|eot|>"),
    "no generation prompt": Family(turns(SAID), SYSTEM_AND_QUESTION + "<|im_start|>assistant\n", "<|im_end|>"),
    "thoughts switched off by the prompt and written in answers": Family(
        turns(THINKS, "<|im_start|>assistant\n{% if enable_thinking is defined and not enable_thinking %}" + NO_THOUGHT + "{% endif %}"),
        SYSTEM_AND_QUESTION + "<|im_start|>assistant\n" + NO_THOUGHT, "<|im_end|>",
    ),
    "thoughts switched off by the prompt alone": Family(
        turns(SAID, "<|im_start|>assistant\n{% if enable_thinking is defined and not enable_thinking %}" + NO_THOUGHT + "{% endif %}"),
        SYSTEM_AND_QUESTION + "<|im_start|>assistant\n" + NO_THOUGHT, "<|im_end|>",
    ),
    "thoughts opened by the prompt and closed in answers": Family(
        turns(THINKS, "<|im_start|>assistant\n<think>\n"), SYSTEM_AND_QUESTION + "<|im_start|>assistant\n" + NO_THOUGHT, "<|im_end|>",
    ),
    "thoughts in answers alone": Family(
        turns(THINKS, "<|im_start|>assistant\n"), SYSTEM_AND_QUESTION + "<|im_start|>assistant\n" + NO_THOUGHT, "<|im_end|>",
    ),
    "thoughts closed by the prompt, by another switch": Family(
        turns("{% if message.role == 'assistant' %}<|im_start|>assistant</think>{{ message.content }}<|im_end|>{% else %}" + SAID + "{% endif %}",
              "<|im_start|>assistant{% if thinking %}<think>{% else %}</think>{% endif %}"),
        SYSTEM_AND_QUESTION + "<|im_start|>assistant</think>", "<|im_end|>",
    ),
    "a mode in the system prompt and the date": Family(
        turns("{% if loop.first %}<|im_start|>system\nToday: {{ strftime_now('%d %B %Y') }} {% if enable_thinking is defined and not enable_thinking %}/no{% else %}/yes{% endif %}<|im_end|>\n{% endif %}" + SAID, "<|im_start|>assistant\n"),
        "<|im_start|>system\nToday: 26 July 2024 /no<|im_end|>\n" + SYSTEM_AND_QUESTION + "<|im_start|>assistant\n", "<|im_end|>",
    ),
    "trimmed, with the date and an end that is not configured": Family(
        turns("{% if loop.first %}Date: {% if strftime_now is defined %}{{ strftime_now('%d %b %Y') }}{% else %}26 Jul 2024{% endif %}{{ '\n' }}{% endif %}[{{ message.role }}]{{ message.content | trim }}<|eot|>", "[assistant]"),
        "Date: 26 Jul 2024\n[system]Be a cook.<|eot|>[user]Why?<|eot|>[assistant]", "<|eot|>", "</s>",
    ),
    "spaces around answers": Family(
        INST + "[INST] {% if loop.first and system %}<<{{ system }}>> {% endif %}{{ message.content }} [/INST]{% else %} {{ message.content }} </s>{% endif %}{% endfor %}",
        "<s>[INST] <<Be a cook.>> Why? [/INST] ", " </s>",
    ),
    "a system prompt where no answer follows": Family(
        INST + "[INST]{% if loop.last and system %}{{ system }}\n\n{% endif %}{{ message.content }}[/INST]{% else %} {{ message.content }}</s>{% endif %}{% endfor %}",
        "<s>[INST]Be a cook.\n\nWhy?[/INST] ", "</s>",
    ),
    "two ends": Family(
        turns("<|{{ message.role }}|>\n{{ message.content }}<|end|>\n", "<|assistant|>\n") + "{% if not add_generation_prompt %}{{ eos_token }}{% endif %}",
        "<|system|>\nBe a cook.<|end|>\n<|user|>\nWhy?<|end|>\n<|assistant|>\n", "<|end|>", "</s>",
    ),
    "channels, of which the last answer has its own end": Family(
        turns("<|im_start|>{{ message.role }}{% if message.role == 'assistant' %}<|channel|>final{% endif %}<|message|>{{ message.content }}"
              "{% if message.role == 'assistant' and loop.last %}<|return|>{% else %}<|end|>{% endif %}", "<|im_start|>assistant"),
        "<|im_start|>system<|message|>Be a cook.<|end|><|im_start|>user<|message|>Why?<|end|><|im_start|>assistant<|channel|>final<|message|>", "<|return|>", "<|return|>",
    ),
    "ended by the next turn": Family(
        turns("{% if message.role == 'user' %}<|user|>{% else %}[{{ message.role }}]{% endif %}{{ '\n' + message.content }}", "[assistant]\n"),
        "[system]\nBe a cook.<|user|>\nWhy?[assistant]\n", "<|user|>", "<|user|>",
    ),
    "an end that is added but not special": Family(
        turns("[{{ message.role }}]{{ message.content }}<|fin|>", "[assistant]"), "[system]Be a cook.<|fin|>[user]Why?<|fin|>[assistant]", "<|fin|>",
    ),
    "line ends around everything": Family(
        turns("{{ '\n[' + message.role }}]\n\n{{ message.content }}\n</s>\n", "{{ '\n' }}[assistant]\n"),
        "\n[system]\n\nBe a cook.\n</s>\n\n[user]\n\nWhy?\n</s>\n\n[assistant]\n\n", "\n</s>",
    ),
    "marked for a mask of the assistant's tokens": Family(
        turns("[{{ message.role }}]{% if message.role == 'assistant' %}{% generation %}{{ message.content }}</s>{% endgeneration %}{% else %}{{ message.content }}</s>{% endif %}", "[assistant]"),
        "[system]Be a cook.</s>[user]Why?</s>[assistant]", "</s>",
    ),
    "the system prompt in the question": Family(
        INST + "[user]{% if loop.first and system %}{{ system }}\n\n{% endif %}{{ message.content }}</s>{% else %}[model]{{ message.content }}</s>{% endif %}{% endfor %}{% if add_generation_prompt %}[model]{% endif %}",
        "<s>[user]Be a cook.\n\nWhy?</s>[model]", "</s>",
    ),
}  # fmt: skip
#: Templates that chats cannot be trained and sampled with as a persona, and what is said of them.
REFUSED = {
    "thoughts opened by the prompt alone": (turns(SAID, "<|im_start|>assistant\n<think>\n"), r"follow the generation prompt, got one that ends the prompt with '<think>\\n' where an answer has ''"),
    "another role in the prompt": (turns(SAID, "<|im_start|>model\n"), r"follow the generation prompt, got one that ends the prompt with 'model\\n' where an answer has 'assistant\\n'"),
    "no end": (turns("[{{ message.role }}]{{ message.content }}", "[assistant]"), "ends answers with an end token"),
    "an end in letters": (turns("[{{ message.role }}]{{ message.content }}[end]", "[assistant]"), "ends answers with an end token"),
    "no system prompt": (turns("{% if message.role == 'system' %}{{ raise_exception('no system') }}{% endif %}" + SAID, "<|im_start|>assistant\n"), "takes a system prompt: no system"),
    "a system prompt always": (turns("{% if messages[0].role != 'system' %}{{ raise_exception('no persona') }}{% endif %}" + SAID, "<|im_start|>assistant\n"), "takes chats without a system prompt: no persona"),
    "a system prompt that is dropped": (turns("{% if message.role != 'system' %}" + SAID + "{% endif %}", "<|im_start|>assistant\n"), "keeps the system prompt, got one that drops it"),
    "a system prompt in capitals": (turns("[{{ message.role }}]{{ message.content | upper if message.role == 'system' else message.content }}</s>", "[assistant]"), "keeps the system prompt, got one that drops it"),
    "a question that is dropped": (turns("{% if message.role != 'user' %}" + SAID + "{% endif %}", "<|im_start|>assistant\n"), "keeps the question, got one that drops it"),
    "an answer that is changed": (turns("[{{ message.role }}]{{ message.content | replace('plain', 'fine') }}</s>", "[assistant]"), "keeps an answer as it is"),
    "answers written otherwise for personas": (turns("[{{ message.role }}]{{ message.content }}{% if messages[0].role == 'system' %}!{% endif %}</s>", "[assistant]"), "writes answers alike with and without a system prompt"),
    "an unknown function": (turns("{{ sundial(message) }}"), "takes chats without a system prompt: 'sundial' is undefined"),
    "a draw": (turns("[{{ message.role }}]{{ ['a', 'b'] | random }}{{ message.content }}</s>", "[assistant]"), "writes the same chat the same, got one that draws at random"),
    "words drawn": (turns("[{{ message.role }}]{{ lipsum() }}{{ message.content }}</s>", "[assistant]"), "writes the same chat the same, got one that draws at random"),
    "no template at all": ("{% for message in", "expected a chat template: "),
}  # fmt: skip


def with_added_tokens(tokenizer: PreTrainedTokenizerFast) -> PreTrainedTokenizerFast:
    tokenizer.add_tokens(
        [AddedToken(token, special=True, normalized=False) for token in SPECIAL], special_tokens=True
    )
    tokenizer.add_tokens([AddedToken(token, special=False, normalized=False) for token in NOT_SPECIAL])
    return tokenizer


def loaded_with(template: str, configured: str | None = None) -> LoadedModel:
    """A tiny model with a chat template and the tokens that the families have."""
    loaded = tiny_loaded(template=template)
    with_added_tokens(loaded.tokenizer)
    token = None if configured is None else loaded.tokenizer.convert_tokens_to_ids(configured)
    loaded.model.generation_config.eos_token_id = token
    return loaded
