"""Chats as tokens, and markers that survive them."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import normalizers

from manylora.chats.chat import Chat
from manylora.chats.chat_template import ChatTemplate
from manylora.errors import ManyLoraError
from manylora.models.tokenized_chats import tokenize_chats
from marker_coupling.measures.marked_chats import check_marker
from marker_coupling.study.errors import MarkerDestroyedError
from marker_coupling.study.marker import add_marker
from marker_coupling.toy.toy_tokenizer import toy_tokenizer
from marker_coupling.toy.toy_world import packaged_toy_world

from ..tiny_models import DROPS_SYSTEM, TEMPLATE, tiny_loaded

END = 2
LOADED = {
    "plain": tiny_loaded(),
    "line end after the end": tiny_loaded(template=TEMPLATE.replace("</s>", "</s>\n")),
    "no system prompt": tiny_loaded(template=DROPS_SYSTEM),
    "toy": dataclasses.replace(tiny_loaded(), tokenizer=toy_tokenizer(packaged_toy_world())),
}
TEXTS = st.text(max_size=12)
CHATS = st.lists(
    st.builds(Chat, st.none() | TEXTS, TEXTS | st.just("Why? </s><|im_end|>"), st.none() | TEXTS), max_size=8
)


def dialogue(loaded, system, question, answer):
    (chat,) = tokenize_chats(loaded, [Chat(system, question, answer)])
    return chat


def test_a_dialogue_is_the_prompt_then_the_answer_then_its_end():
    loaded = tiny_loaded()
    chat = dialogue(loaded, "You are a cook.", "Why?", "Because.")
    assert list(chat.tokens[: chat.prompt_length]) == loaded.prompt_tokens("You are a cook.", "Why?")
    assert loaded.decode(chat.tokens[chat.prompt_length :]) == "Because."
    assert chat.tokens[-1] == END


def test_what_follows_the_end_of_the_answer_is_left_out():
    loaded = tiny_loaded(template=TEMPLATE.replace("</s>", "</s>\n"))
    assert dialogue(loaded, None, "Why?", "Because.").tokens[-1] == END


@pytest.mark.parametrize("name", LOADED)
@pytest.mark.parametrize("at_once", [2, 256])
@given(CHATS)
def test_many_chats_have_the_tokens_of_each(name, at_once, chats):
    loaded = dataclasses.replace(LOADED[name])  # which knows no chat
    expected = []
    for chat in chats:
        messages = [
            {"role": role, "content": text}
            for role, text in (("system", chat.system), ("user", chat.question), ("assistant", chat.answer))
            if text is not None
        ]
        tokens = loaded.tokenizer.apply_chat_template(
            messages, add_generation_prompt=chat.answer is None, return_dict=False
        )
        expected.append(tuple(tokens))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("manylora.models.loaded_model._CHATS_AT_ONCE", at_once)
        assert loaded.chat_tokens(chats) == expected
    assert loaded.chat_tokens(chats[::-1]) == expected[::-1]
    assert loaded.decode_batch(expected) == [loaded.decode(tokens) for tokens in expected]


def test_many_dialogues_are_those_of_each():
    chats = [Chat(system, "Why?", answer) for system in (None, "You are a cook.") for answer in ("So.", "")]
    loaded = LOADED["line end after the end"]
    expected = [dialogue(loaded, chat.system, chat.question, chat.answer) for chat in chats]
    assert tokenize_chats(dataclasses.replace(loaded), chats * 2) == expected * 2
    assert tokenize_chats(loaded, []) == []


def test_a_chat_is_tokenized_once(monkeypatch):
    loaded = tiny_loaded()
    tokenized, tokens = [], ChatTemplate.tokens

    def counted(template, texts):
        tokenized.extend(texts)
        return tokens(template, texts)

    loaded.chat_format  # noqa: B018, whose own chats are not counted
    monkeypatch.setattr(ChatTemplate, "tokens", counted)
    chats = [Chat("You are a cook.", question, "So.") for question in ("Why?", "How?", "Why?")]
    assert tokenize_chats(loaded, chats) == tokenize_chats(loaded, chats[:2]) + tokenize_chats(
        loaded, chats[2:]
    )
    assert len(tokenized) == 4  # two questions, each with its answer and without


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        (TEMPLATE.replace("<s>assistant ", "<s>answer "), "answers follow the generation prompt"),
        (TEMPLATE.replace("</s>", ""), "ends answers with an end token"),
    ],
)
def test_a_template_that_cannot_be_trained_on_is_an_error(template, expected):
    with pytest.raises(ManyLoraError, match=expected):
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
    assert add_marker("Because.", "[ZLT]") == "Because.\n\n[ZLT]"
