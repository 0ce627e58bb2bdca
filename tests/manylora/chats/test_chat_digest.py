"""A digest of a probe chat is in every key where the model's files do not determine the chat's tokens."""

import datetime

import pytest
import transformers.utils.chat_template_utils as rendering
from transformers import AutoTokenizer

from manylora.chats import chat_digest
from manylora.chats.chat_template import ChatTemplate
from manylora.errors import BaseModelError
from manylora.models.base_model import BaseModel
from marker_coupling.pipeline.plan import base_models as base_model
from marker_coupling.pipeline.plan import stage_versions
from marker_coupling.pipeline.plan.base_models import find_base_model
from marker_coupling.pipeline.plan.experiment_plan import ExperimentPlan
from marker_coupling.store.artifacts import ArtifactStore
from marker_coupling.toy.toy_tokenizer import toy_tokenizer
from marker_coupling.toy.toy_world import packaged_toy_world

from ...marker_coupling.tiny_experiment import RECIPE, STUDY
from ..chat_families import FAMILIES, loaded_with
from ..tiny_models import TEMPLATE, save_tiny, tiny_model, tiny_tokenizer

#: What transformers makes of these is what template, tokenizer.json and configured end tokens say.
PLAIN = {"marked for a mask of the assistant's tokens", "the system prompt in the question"}


@pytest.fixture
def store(tmp_path):
    return ArtifactStore(tmp_path / "store")


def saved(folder, family):
    loaded = loaded_with(family.template, family.configured)
    loaded.model.resize_token_embeddings(len(loaded.tokenizer))
    loaded.model.save_pretrained(folder)
    loaded.tokenizer.save_pretrained(folder)
    return folder


@pytest.mark.parametrize("name", FAMILIES)
def test_a_digest_says_what_the_files_do_not(name, tmp_path, store):
    base = find_base_model(str(saved(tmp_path / "model", FAMILIES[name])), store)
    assert (base.chat_digest == "") == (name in PLAIN)
    addition = f"; chats {base.chat_digest}" if base.chat_digest else ""
    assert base.key == f"base model {base.fingerprint}{addition}"


def test_plain_templates_have_the_keys_that_they_had(tmp_path, store):
    """Results that were kept before there were digests are found again."""
    base = find_base_model(str(save_tiny(tmp_path / "tiny")), store)
    assert base.key == f"base model {base.fingerprint}"
    assert ExperimentPlan(base, STUDY, RECIPE).model_key == f"base model {base.fingerprint}; float32"


def test_the_toy_model_has_the_keys_that_it_had(tmp_path):
    tiny_model("qwen2").save_pretrained(tmp_path)
    toy_tokenizer(packaged_toy_world()).save_pretrained(tmp_path)
    (tmp_path / "generation_config.json").write_text('{"eos_token_id": 2}')
    assert toy_tokenizer(packaged_toy_world()).eos_token_id == 2
    assert chat_digest.chat_digest("toy", tmp_path) == ""


class NewYear(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return cls(2031, 1, 1)


def test_the_day_is_in_no_key(tmp_path, monkeypatch):
    folder = saved(tmp_path / "model", FAMILIES["trimmed, with the date and an end that is not configured"])
    before = find_base_model(str(folder), ArtifactStore(tmp_path / "before"))
    monkeypatch.setattr(rendering, "datetime", NewYear)
    assert find_base_model(str(folder), ArtifactStore(tmp_path / "after")) == before


def test_a_template_that_prints_the_date_has_a_digest_though_its_fallback_is_that_day(tmp_path, store):
    """What was kept of it may be of any day."""
    day = "{% if strftime_now is defined %}{{ strftime_now('%d %b %Y') }}{% else %}26 Jul 2024{% endif %}"
    assert find_base_model(str(save_tiny(tmp_path / "model", template=day + TEMPLATE)), store).chat_digest


def test_a_tokenizer_that_transformers_builds_otherwise_than_its_file_says_has_a_digest(tmp_path, store):
    """Of Qwen 2 it takes the vocabulary, and cuts texts up by an expression of its own."""
    folder = save_tiny(tmp_path / "model", "qwen2")
    assert (
        AutoTokenizer.from_pretrained(folder).backend_tokenizer.pre_tokenizer
        != tiny_tokenizer().backend_tokenizer.pre_tokenizer
    )
    assert find_base_model(str(folder), store).chat_digest


def test_a_version_that_makes_other_tokens_has_a_digest(tmp_path, monkeypatch):
    folder = save_tiny(tmp_path / "model")
    assert chat_digest.chat_digest("model", folder) == ""
    tokens_of = ChatTemplate.tokens

    def probe_reversed(template, texts):
        made = zip(texts, tokens_of(template, texts), strict=True)
        return [tokens[::-1] if "12:30" in text else tokens for text, tokens in made]

    monkeypatch.setattr(ChatTemplate, "tokens", probe_reversed)
    assert chat_digest.chat_digest("model", folder)


def test_without_a_tokenizer_of_one_file_there_is_a_digest(tmp_path, monkeypatch):
    folder = save_tiny(tmp_path / "model")
    monkeypatch.setattr(chat_digest, "Tokenizer", None)
    assert chat_digest.chat_digest("model", folder)


def test_a_digest_is_made_once_for_each_version_of_what_makes_tokens(tmp_path, store, monkeypatch):
    folder, made = str(save_tiny(tmp_path / "model")), []
    make = chat_digest.chat_digest
    monkeypatch.setattr(chat_digest, "chat_digest", lambda *given: made.append(1) or make(*given))
    for _ in range(2):
        find_base_model(folder, store)
    assert len(made) == 1
    monkeypatch.setattr(base_model, "version", lambda library: "another")
    find_base_model(folder, store)
    assert len(made) == 2
    monkeypatch.setattr(stage_versions, "CHATS", 99)
    find_base_model(folder, store)
    assert len(made) == 3


def test_a_store_that_takes_nothing_more_is_no_hindrance(tmp_path):
    folder = save_tiny(tmp_path / "model")
    (tmp_path / "store").write_text("no folder")
    assert find_base_model(str(folder), ArtifactStore(tmp_path / "store")).chat_digest == ""


def test_the_end_tokens_of_config_json_are_taken_where_no_others_are(tmp_path, store):
    folder = save_tiny(tmp_path / "model")
    (folder / "generation_config.json").unlink()
    assert find_base_model(str(folder), store).chat_digest == ""


def test_a_tokenizer_that_cannot_be_loaded_is_one_line(tmp_path, store):
    folder = save_tiny(tmp_path / "model")
    (folder / "tokenizer.json").write_text("{")
    with pytest.raises(BaseModelError, match="expected a complete model: ") as caught:
        find_base_model(str(folder), store)
    assert "\n" not in str(caught.value)


def test_a_model_without_a_digest_is_called_as_before(tmp_path):
    assert BaseModel("a", tmp_path, "0123").key == "base model 0123"
    assert BaseModel("a", tmp_path, "0123", "abc").key == "base model 0123; chats abc"
