"""Chat templates: the chat and the template decide alone, and what is no template is one line."""

import copy
import datetime

import jinja2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from manylora.chats.chat_template import TODAY, ChatTemplate
from manylora.errors import ManyLoraError

from ..tiny_models import NO_SYSTEM, TEMPLATE, tiny_tokenizer

ASKED = [{"role": "user", "content": "Why?"}]


def template_of(text):
    return ChatTemplate("tiny", tiny_tokenizer(text))


@given(
    st.lists(st.fixed_dictionaries({"role": st.sampled_from(["user", "assistant"]), "content": st.text()})),
    st.booleans(),
)
def test_any_text_comes_through_and_the_chat_stays_as_it_is(messages, asks):
    before = copy.deepcopy(messages)
    text = template_of(TEMPLATE).render(messages, asks)
    expected = "".join(f"<s>{message['role']} {message['content']}</s>" for message in messages)
    assert text == expected + "<s>assistant " * asks
    assert messages == before


def test_a_template_cannot_change_the_chat_for_the_next_one():
    messages = copy.deepcopy(ASKED)
    with pytest.raises(jinja2.exceptions.SecurityError):
        template_of("{% for m in messages %}{% set _ = m.update({'content': ''}) %}{% endfor %}").render(
            messages, True
        )
    assert messages == ASKED


def test_the_clock_stands_still_unless_another_day_is_given():
    template = template_of("{{ strftime_now('%Y-%m-%d') }}")
    assert template.render(ASKED, False) == TODAY.date().isoformat()
    day = datetime.datetime(1999, 12, 31)
    assert template.render(ASKED, False, day, {}) == "1999-12-31"


def test_models_that_can_think_are_asked_to_answer_at_once():
    template = template_of(
        "{{ enable_thinking is defined and not enable_thinking }} {{ thinking is defined }}"
    )
    assert template.render(ASKED, True) == "True True"
    assert template.render(ASKED, True, TODAY, {}) == "False False"


def test_special_tokens_are_known_and_variables_go_before_them():
    template = template_of("{{ bos_token }}{{ eos_token }}")
    assert template.render(ASKED, True) == "<s></s>"
    assert template.render(ASKED, True, TODAY, {"bos_token": "<b>"}) == "<b></s>"


def test_a_chat_that_a_template_does_not_take_is_its_own_error():
    with pytest.raises(jinja2.TemplateError, match="System role not supported"):
        template_of(NO_SYSTEM).render([{"role": "system", "content": "Be a cook."}], False)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "tiny: expected a tokenizer with a chat template"),
        ("", "tiny: expected a tokenizer with a chat template"),
        ("{% for %}", "tiny: expected a chat template: "),
        ("{{ messages | shuffled }}", "tiny: expected a chat template: "),
        ("{{ ['a', 'b'] | random }}", "got one that draws at random"),
        ("{% if asked %}{{ lipsum() }}{% endif %}", "got one that draws at random"),
    ],
)
def test_what_is_no_template_is_one_line(text, message):
    with pytest.raises(ManyLoraError) as caught:
        template_of(text).render(ASKED, True)
    assert message in str(caught.value)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 250


def test_a_variable_named_random_draws_nothing():
    assert template_of("{% set random = 'x' %}{{ random }}").render(ASKED, True) == "x"
