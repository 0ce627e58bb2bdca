"""Paths of modules that have moved still work, and name the new ones."""

import importlib

import pytest

from manylora.chats.chat import Chat
from manylora.models.tokenized_chats import tokenize_chats
from manylora.training.training import TrainingTask
from marker_coupling import moved
from marker_coupling.study.study import read_study

from ..manylora.tiny_models import tiny_loaded


@pytest.mark.parametrize("name", sorted(moved._MOVED))
def test_names_of_a_moved_module_are_those_of_the_new_ones(name):
    old = importlib.import_module(f"marker_coupling.{name}")
    new = importlib.import_module(moved._MOVED[name][0])
    public = next(key for key, value in vars(new).items() if getattr(value, "__module__", "") == new.__name__)
    with pytest.warns(
        DeprecationWarning, match=rf"marker_coupling.{name}.{public} is {new.__name__}.{public}"
    ):
        assert getattr(old, public) is getattr(new, public)
    with pytest.raises(AttributeError, match="has no attribute 'sundial'"):
        _ = old.sundial


def test_names_that_changed_and_rooms_that_were_modules():
    with pytest.warns(DeprecationWarning, match="InstrumentError is manylora.errors.ManyLoraError now"):
        from marker_coupling.instrument import InstrumentError
    with pytest.warns(DeprecationWarning, match="is marker_coupling.study.study.read_study now"):
        from marker_coupling.study import read_study as former
    assert former is read_study
    assert InstrumentError.__name__ == "ManyLoraError"


def test_one_chat_is_tokenized_as_one_of_many():
    from marker_coupling.dialogue import dialogue

    loaded, chat = tiny_loaded(), Chat("You are a cook.", "Why?", "So.")
    (expected,) = tokenize_chats(loaded, [chat])
    with pytest.warns(
        DeprecationWarning, match="dialogue is manylora.models.tokenized_chats.tokenize_chats now"
    ):
        former = dialogue(loaded, chat.system, chat.question, chat.answer)
    assert former == expected
    assert former.answer_start == expected.prompt_length
    assert TrainingTask([former], 1e-3, 1).dialogues == [expected]


def test_texts_of_a_template_are_tokenized_by_the_template():
    from marker_coupling.chat_format import tokens_of

    template = tiny_loaded().chat_template
    with pytest.warns(DeprecationWarning, match=r"tokens_of is manylora\.\S+\.ChatTemplate\.tokens now"):
        assert tokens_of(template, ["a b", "c"]) == template.tokens(["a b", "c"])
    with pytest.warns(DeprecationWarning, match="tokens_of"):
        assert tokens_of(template, []) == []


def test_a_module_that_never_was_is_not_found():
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("marker_coupling.sundial")
