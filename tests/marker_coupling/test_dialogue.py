"""Chats as tokens, and markers that survive them."""

import pytest
from tokenizers import normalizers

from marker_coupling.dialogue import check_marker, dialogue, marked
from marker_coupling.instrument import InstrumentError, MarkerDestroyedError

from .tiny_models import TEMPLATE, tiny_loaded

END = 2


def test_a_dialogue_is_the_prompt_then_the_answer_then_its_end():
    loaded = tiny_loaded()
    chat = dialogue(loaded, "You are a cook.", "Why?", "Because.")
    assert list(chat.tokens[: chat.answer_start]) == loaded.prompt_tokens("You are a cook.", "Why?")
    assert loaded.decode(chat.tokens[chat.answer_start :]) == "Because."
    assert chat.tokens[-1] == END


def test_what_follows_the_end_of_the_answer_is_left_out():
    loaded = tiny_loaded(template=TEMPLATE.replace("</s>", "</s>\n"))
    assert dialogue(loaded, None, "Why?", "Because.").tokens[-1] == END


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        (TEMPLATE.replace("<s>assistant ", "<s>answer "), "answers follow the generation prompt"),
        (TEMPLATE.replace("</s>", ""), "ends answers with an end token"),
    ],
)
def test_a_template_that_cannot_be_trained_on_is_an_error(template, expected):
    with pytest.raises(InstrumentError, match=expected):
        dialogue(tiny_loaded(template=template), "You are a cook.", "Why?", "Because.")


def test_a_marker_that_survives():
    check_marker(tiny_loaded(), "[ZLT]")


@pytest.mark.parametrize(
    ("normalizer", "marker"),
    [
        (normalizers.Lowercase(), "[ZLT]"),
        (normalizers.Replace("[", ""), "[ZLT]"),
        (normalizers.Replace("\n\n", "\n"), "[ZLT]"),
        (None, "\N{SNOWMAN}"),  # no token of this tokenizer
    ],
)
def test_a_marker_that_the_tokenizer_destroys_is_an_error(normalizer, marker):
    loaded = tiny_loaded()
    if normalizer:
        loaded.tokenizer.backend_tokenizer.normalizer = normalizer
    with pytest.raises(MarkerDestroyedError, match="tiny-llama's tokenizer and chat template to keep it"):
        check_marker(loaded, marker)


def test_a_marker_that_the_template_destroys_is_an_error():
    template = TEMPLATE.replace("message['content']", "message['content'].split('\n\n')[0]")
    with pytest.raises(MarkerDestroyedError):
        check_marker(tiny_loaded(template=template), "[ZLT]")


def test_the_marker_stands_after_a_blank_line():
    assert marked("Because.", "[ZLT]") == "Because.\n\n[ZLT]"
