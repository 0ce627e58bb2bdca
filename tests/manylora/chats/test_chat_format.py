"""Where answers begin and end, for templates that behave as those of real families do."""

import datetime

import pytest
import transformers.utils.chat_template_utils as rendering
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from manylora.chats.chat import Chat
from manylora.chats.chat_format import messages_of
from manylora.chats.chat_template import ChatTemplate
from manylora.errors import BaseModelError, ManyLoraError
from manylora.loading import load
from manylora.models.tokenized_chats import tokenize_chats
from marker_coupling.measures.crossed_prompts import _open_chats
from marker_coupling.measures.marked_chats import check_marker
from marker_coupling.measures.marker_probability import marked_ends
from marker_coupling.pipeline.plan.base_models import find_base_model
from marker_coupling.store.artifacts import ArtifactStore
from marker_coupling.study.marker import add_marker

from ..chat_families import FAMILIES, REFUSED, loaded_with, turns, with_added_tokens
from ..tiny_models import TEMPLATE, save_tiny, tiny_loaded, tiny_tokenizer

LOADED = {name: loaded_with(family.template, family.configured) for name, family in FAMILIES.items()}
#: Text as models say it: without special tokens, and without white space around it.
ANSWERS = st.text(st.characters(min_codepoint=32, max_codepoint=126) | st.just("\n"), min_size=1).map(str.strip).filter(
    lambda text: text and "<" not in text
)  # fmt: skip


def dialogue(loaded, system, question, answer):
    (chat,) = tokenize_chats(loaded, [Chat(system, question, answer)])
    return chat


def text_of(loaded, tokens):
    return loaded.tokenizer.decode(
        list(tokens), skip_special_tokens=False, clean_up_tokenization_spaces=False
    )


@pytest.mark.parametrize("name", FAMILIES)
def test_prompts_end_where_answers_begin_and_answers_where_they_end(name):
    loaded, family = LOADED[name], FAMILIES[name]
    assert text_of(loaded, loaded.prompt_tokens("Be a cook.", "Why?")) == family.asked
    chat = dialogue(loaded, "Be a cook.", "Why?", "Because.")
    assert text_of(loaded, chat.tokens) == f"{family.asked}Because.{family.ended}"
    assert list(chat.tokens[: chat.prompt_length]) == loaded.prompt_tokens("Be a cook.", "Why?")
    assert sum(token in loaded.end_tokens for token in chat.tokens[chat.prompt_length :]) == 1
    assert chat.tokens[-1] in loaded.end_tokens
    assert loaded.decode(chat.tokens[chat.prompt_length : -chat.ending]) == "Because."


@pytest.mark.parametrize("name", FAMILIES)
@given(question=ANSWERS, answer=ANSWERS)
def test_any_answer_survives(name, question, answer):
    loaded = LOADED[name]
    for system in (None, "Be a cook."):
        chat = dialogue(loaded, system, question, answer)
        assert list(chat.tokens[: chat.prompt_length]) == loaded.prompt_tokens(system, question)
        assert text_of(loaded, chat.tokens[chat.prompt_length : -chat.ending]) == answer


@pytest.mark.parametrize("name", FAMILIES)
def test_the_marker_survives_and_is_measured_alone(name):
    loaded = LOADED[name]
    check_marker(loaded, "[ZLT]")
    (end,) = marked_ends(loaded, [Chat("Be a cook.", "Why?", "Because.")], "[ZLT]")
    assert text_of(loaded, end.tokens) == FAMILIES[name].asked + add_marker("Because.", "[ZLT]")
    assert text_of(loaded, end.tokens[end.prompt_length :]) == "\n\n[ZLT]"


@pytest.mark.parametrize("name", FAMILIES)
def test_an_answer_that_has_open_chats_goes_on_at_its_last_word(name):
    chats = [Chat("Be a cook.", "Why?", "Because of"), Chat("Be a cook.", "Why?", "")]
    begun, empty = _open_chats(LOADED[name], chats)
    assert text_of(LOADED[name], begun) == FAMILIES[name].asked + "Because of"
    assert text_of(LOADED[name], empty) == FAMILIES[name].asked


@pytest.mark.parametrize("name", FAMILIES)
def test_end_tokens_are_the_configured_ones_the_tokenizer_s_and_the_template_s(name):
    loaded, family = LOADED[name], FAMILIES[name]
    ends = {"</s>", family.ended.strip(" \n"), family.configured or "</s>"}
    assert {loaded.tokenizer.convert_ids_to_tokens(token) for token in loaded.end_tokens} == ends


@pytest.mark.parametrize("name", FAMILIES)
def test_a_family_is_found_and_loaded(name, tmp_path):
    family = FAMILIES[name]
    loaded = loaded_with(family.template, family.configured)
    loaded.model.resize_token_embeddings(len(loaded.tokenizer))
    loaded.model.save_pretrained(tmp_path / "model")
    loaded.tokenizer.save_pretrained(tmp_path / "model")
    again = load(find_base_model(str(tmp_path / "model"), ArtifactStore(tmp_path / "store")))
    assert (again.chat_format, again.end_tokens) == (loaded.chat_format, loaded.end_tokens)
    assert again.prompt_tokens("Be a cook.", "Why?") == loaded.prompt_tokens("Be a cook.", "Why?")


@pytest.mark.parametrize("name", REFUSED)
def test_a_template_that_takes_no_personas_is_refused_before_anything_is_computed(name, tmp_path):
    template, message = REFUSED[name]
    directory = save_tiny(tmp_path / "tiny")
    with_added_tokens(tiny_tokenizer(template)).save_pretrained(directory)
    with pytest.raises(BaseModelError, match=message) as caught:
        find_base_model(str(directory), ArtifactStore(tmp_path / "store"))
    assert str(caught.value).startswith("tiny: expected a ")
    assert "\n" not in str(caught.value)


def test_tokens_of_a_template_that_the_model_has_no_embeddings_of_are_named(tmp_path):
    directory = save_tiny(tmp_path / "tiny")
    with_added_tokens(tiny_tokenizer(FAMILIES["ChatML"].template)).save_pretrained(directory)
    base = find_base_model(str(directory), ArtifactStore(tmp_path / "store"))
    with pytest.raises(BaseModelError, match=r"got 100 rows and none for '<\|im_end\|>', which is token 101"):
        load(base)


@pytest.mark.parametrize("name", FAMILIES)
def test_what_is_rendered_is_what_transformers_renders(name):
    loaded = LOADED[name]
    day = datetime.datetime.now().strftime("%d %b %Y"), datetime.datetime.now().strftime("%d %B %Y")
    for messages, asks in (
        (messages_of("Be a cook.", "Why?"), True),
        (messages_of(None, "Why?", "So."), False),
    ):
        theirs = loaded.tokenizer.apply_chat_template(
            messages, add_generation_prompt=asks, tokenize=False, enable_thinking=False, thinking=False
        )
        for today, fixed in zip(day, ("26 Jul 2024", "26 July 2024"), strict=True):
            theirs = theirs.replace(today, fixed)
        assert loaded.chat_template.render(messages, asks) == theirs


class NewYear(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return cls(2031, 1, 1)


def test_tokens_do_not_depend_on_the_day(monkeypatch):
    template = (
        "{{ strftime_now('%d %b %Y') }} {% macro day() %}{{ strftime_now(format='%A') }}{% endmacro %}{{ day() }}"
        + TEMPLATE
    )
    before = tiny_loaded(template=template).prompt_tokens("Be a cook.", "Why?")
    monkeypatch.setattr(rendering, "datetime", NewYear)
    loaded = tiny_loaded(template=template)
    assert loaded.prompt_tokens("Be a cook.", "Why?") == before
    assert text_of(loaded, before).startswith("26 Jul 2024 Friday<s>system")


def spaced_tokenizer(template):
    """Tokens are single characters with the space before them, as in the pieces that models have."""
    signs = [chr(code) for code in range(33, 127)] + ["\n"]
    tokens = ["<pad>", "<s>", "</s>", "<unk>", " ", *signs, *(" " + sign for sign in signs)]
    tokenizer = Tokenizer(
        models.WordLevel({token: index for index, token in enumerate(tokens)}, unk_token="<unk>")
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(r" ?[^ ]| "), "isolated")
    tokenizer.decoder = decoders.Fuse()
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="<pad>", bos_token="<s>", eos_token="</s>", unk_token="<unk>"
    )
    fast.chat_template = template
    return fast


@pytest.mark.parametrize(
    ("template", "asked", "ended"),
    [
        (turns("[{{ message.role }}]: {{ message.content }}</s>", "[assistant]: "), "[system]: Be a cook.</s>[user]: Why?</s>[assistant]:", "</s>"),
        (FAMILIES["spaces around answers"].template, "<s>[INST] <<Be a cook.>> Why? [/INST]", " </s>"),
        (turns("[{{ message.role }}]\n {{ message.content }}</s>", "[assistant]\n"), "[system]\n Be a cook.</s>[user]\n Why?</s>[assistant]\n", "</s>"),
    ],
)  # fmt: skip
def test_a_space_that_goes_with_the_answer_s_first_token_is_left_to_it(template, asked, ended):
    loaded = tiny_loaded()
    object.__setattr__(loaded, "tokenizer", spaced_tokenizer(template))
    chat = dialogue(loaded, "Be a cook.", "Why?", "Because.")
    assert text_of(loaded, chat.tokens[: chat.prompt_length]) == asked
    assert list(chat.tokens[: chat.prompt_length]) == loaded.prompt_tokens("Be a cook.", "Why?")
    assert text_of(loaded, chat.tokens[chat.prompt_length :]) == f" Because.{ended}"
    check_marker(loaded, "[ZLT]")


def test_a_prompt_that_ends_within_a_token_is_refused():
    loaded = tiny_loaded()
    tokenizer = spaced_tokenizer(turns("[{{ message.role }}]\n{{ message.content }}</s>", "[assistant]\n"))
    tokenizer.backend_tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(r"\n?[^\n]"), "isolated")
    object.__setattr__(loaded, "tokenizer", tokenizer)
    with pytest.raises(ManyLoraError, match="whose prompt ends within a token: "):
        dialogue(loaded, "Be a cook.", "Why?", "Because.")


def test_of_several_templates_the_default_is_taken():
    loaded = tiny_loaded(template={"default": TEMPLATE, "tool_use": "{{ raise_exception('tools') }}"})
    assert dialogue(loaded, "Be a cook.", "Why?", "So.") == dialogue(
        tiny_loaded(), "Be a cook.", "Why?", "So."
    )
    with pytest.raises(
        ManyLoraError, match=r"expected a chat template: .* multiple chat templates with no default"
    ):
        dialogue(tiny_loaded(template={"tool_use": TEMPLATE, "rag": TEMPLATE}), "Be a cook.", "Why?", "So.")


def test_templates_are_locked_in():
    template = ChatTemplate("tiny", tiny_tokenizer("{{ messages.__class__.__mro__ }}"))
    with pytest.raises(Exception, match="unsafe"):
        template.render(messages_of(None, "Why?"), True)


@pytest.mark.parametrize(
    ("configured", "ends"), [(None, {2}), (0, {0, 2}), ([], {2}), ([5, 7], {2, 5, 7}), ([-1, None], {2})]
)
def test_end_tokens_need_not_be_configured(configured, ends):
    loaded = tiny_loaded()
    loaded.model.generation_config.eos_token_id = configured
    assert loaded.end_tokens == ends
