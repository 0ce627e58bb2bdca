"""A fingerprint is of what transformers reads; what it would read or apply beyond that is refused."""

import hashlib
import json
import shutil
from pathlib import Path

import pytest
import torch
from huggingface_hub.utils import filter_repo_objects
from safetensors.torch import load_file, save_file

from manylora.errors import BaseModelError
from manylora.loading import load
from manylora.models.model_files import fingerprint, indexed_weights
from marker_coupling.pipeline.plan.base_models import find_base_model
from marker_coupling.store.artifacts import ArtifactStore

from ..tiny_models import save_tiny, tiny_model, tiny_tokenizer


@pytest.fixture
def directory(tmp_path):
    return save_tiny(tmp_path / "tiny")


@pytest.fixture
def sharded(tmp_path):
    tiny_model("llama").save_pretrained(tmp_path / "sharded", max_shard_size="40KB")
    tiny_tokenizer().save_pretrained(tmp_path / "sharded")
    return tmp_path / "sharded"


def listing_digest(directory, names):
    lines = (f"{name} {hashlib.sha256((directory / name).read_bytes()).hexdigest()}" for name in names)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def test_the_fingerprint_of_a_plain_directory_is_the_digest_of_its_files(directory):
    names = [
        "model.safetensors", "config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json",
        "chat_template.jinja",
    ]  # fmt: skip
    assert sorted(names) == sorted(path.name for path in directory.iterdir())
    assert fingerprint(directory) == listing_digest(directory, names)


def test_the_fingerprint_of_a_sharded_model_is_of_what_its_index_names(sharded):
    weights = sorted(path.name for path in sharded.glob("*.safetensors"))
    assert len(weights) > 2
    names = [
        *weights, "config.json", "generation_config.json", "model.safetensors.index.json", "tokenizer.json",
        "tokenizer_config.json", "chat_template.jinja",
    ]  # fmt: skip
    assert fingerprint(sharded) == listing_digest(sharded, names)
    assert indexed_weights(sharded / "model.safetensors.index.json") == weights


UNREAD = [
    "README.md", "trainer_state.json", "params.json", "preprocessor_config.json", "processor_config.json",
    "chat_template.json", "consolidated.safetensors", "consolidated.safetensors.index.json", "pytorch_model.bin",
    "model.fp16.safetensors", "adapter_model.safetensors", "original/model.safetensors", "onnx/config.json",
    "merges.txt", "modeling_sundial.py", "additional_chat_templates/tool_use.jinja",
]  # fmt: skip


@pytest.mark.parametrize("name", UNREAD)
def test_what_is_not_read_is_not_in_the_fingerprint(name, directory, sharded):
    for model in (directory, sharded):
        before = fingerprint(model)
        (model / name).parent.mkdir(exist_ok=True)
        (model / name).write_text("{}")
        assert fingerprint(model) == before


@pytest.mark.parametrize(
    "name",
    ["config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json", "chat_template.jinja",
     "model.safetensors", "special_tokens_map.json", "added_tokens.json", "tekken.json",
     "additional_chat_templates/default.jinja"],
)  # fmt: skip
def test_what_is_read_is_in_the_fingerprint(name, directory):
    before = fingerprint(directory)
    (directory / name).parent.mkdir(exist_ok=True)
    with (directory / name).open("a") as file:
        file.write("\n")
    assert fingerprint(directory) != before


def test_without_a_whole_tokenizer_its_parts_count(directory):
    (directory / "tokenizer.json").rename(directory / "vocab.json")
    before = fingerprint(directory)
    (directory / "merges.txt").write_text("a b")
    with_merges = fingerprint(directory)
    (directory / "others.model").write_text("pieces")
    assert len({before, with_merges, fingerprint(directory)}) == 3


def test_one_file_of_weights_goes_before_an_index_as_in_transformers(sharded, tmp_path):
    weights = tiny_model("llama", seed=3).state_dict()
    save_file(weights, sharded / "model.safetensors", metadata={"format": "pt"})
    before = fingerprint(sharded)
    loaded = load(find_base_model(str(sharded), ArtifactStore(tmp_path / "store")))
    assert torch.equal(loaded.model.lm_head.weight, weights["lm_head.weight"])
    shard = sorted(sharded.glob("model-*.safetensors"))[0]
    save_file({name: tensor + 1 for name, tensor in load_file(shard).items()}, shard)
    assert fingerprint(sharded) == before


def test_a_shard_that_is_not_there_is_one_line(sharded):
    shard = sorted(sharded.glob("model-*.safetensors"))[0]
    shard.unlink()
    with pytest.raises(BaseModelError, match=f"expected weights that .*index.json names .{shard.name}."):
        fingerprint(sharded)


@pytest.mark.parametrize(
    "name", ["../model.safetensors", "/model.safetensors", "a/b.safetensors", "model.bin", 3]
)
def test_an_index_names_safetensors_beside_it(name, sharded):
    index = sharded / "model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": {"lm_head.weight": name}}))
    with pytest.raises(BaseModelError, match=r"key weight_map: expected \*\.safetensors only, got "):
        fingerprint(sharded)


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("adapter_config.json", "{}", "expected a base model alone, got adapter_config.json"),
        ("shard-00000-model-00001-of-00002.safetensors", "", "got shard-00000-model-00001-of-00002.safetensors, which"),
        ("config.json", '{"quantization_config": {"quant_method": "fp8"}}', "key quantization_config: expected none, .* got 'fp8'"),
        ("config.json", '{"text_config": {"quantization_config": {"bits": 4}}}', "key quantization_config: expected none"),
        ("config.json", '{"transformers_weights": "others.safetensors"}', "key transformers_weights: expected none"),
        ("config.json", '{"fusion_config": {"a": 1}}', "key fusion_config: expected none"),
        ("config.json", '{"configuration_files": ["config.4.0.0.json"]}', "key configuration_files: expected none"),
        ("tokenizer_config.json", '{"fast_tokenizer_files": ["tokenizer.4.0.0.json"]}', "key fast_tokenizer_files: expected none"),
        ("generation_config.json", "{", "expected JSON"),
        ("generation_config.json", "[]", "expected a complete model"),
        ("config.json", "[" * 100_000, "expected at most 32 levels"),
    ],
)  # fmt: skip
def test_what_leads_transformers_elsewhere_is_refused(file, content, message, directory):
    (directory / file).write_text(content)
    with pytest.raises(BaseModelError, match=message) as caught:
        fingerprint(directory)
    assert str(caught.value).startswith(str(directory))
    assert "\n" not in str(caught.value)


def test_settings_that_are_off_lead_nowhere(directory):
    before = json.loads((directory / "config.json").read_text())
    (directory / "config.json").write_text(json.dumps(before | {"quantization_config": None, "auto_map": {}}))
    assert len(fingerprint(directory)) == 64


def hub(monkeypatch, repository, snapshots):
    """Let snapshots be taken of a directory, as of a repository on the hub; returns what was fetched."""
    fetched = []

    def snapshot_download(hub_id, allow_patterns, revision=None):
        assert (hub_id, revision) in {("owner/tiny", None), ("owner/tiny", "0123abc")}
        files = [str(path.relative_to(repository)) for path in repository.rglob("*") if path.is_file()]
        for file in filter_repo_objects(files, allow_patterns=allow_patterns):
            fetched.append(file)
            (snapshots / "0123abc" / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(repository / file, snapshots / "0123abc" / file)
        return str(snapshots / "0123abc")

    monkeypatch.setattr("huggingface_hub.snapshot_download", snapshot_download)
    return fetched


@pytest.mark.parametrize("kind", ["directory", "sharded"])
def test_a_hub_gives_what_is_read_and_nothing_else(kind, monkeypatch, request, tmp_path):
    repository: Path = request.getfixturevalue(kind)
    read = {path.name for path in repository.iterdir()}
    expected = fingerprint(repository)
    for name in {*UNREAD, "adapter_config.json", "tokenizer_2/tokenizer.json"} - {"merges.txt"}:
        (repository / name).parent.mkdir(exist_ok=True)
        (repository / name).write_text("{}")
    fetched = hub(monkeypatch, repository, tmp_path / "snapshots")
    base = find_base_model("owner/tiny", ArtifactStore(tmp_path / "store"))
    assert (base.name, base.fingerprint) == ("tiny", expected)
    assert len(fetched) == len(set(fetched))
    assert set(fetched) == read
    load(base)


def test_an_index_on_a_hub_that_leads_to_a_pickle_is_refused(sharded, monkeypatch, tmp_path):
    (sharded / "model.safetensors.index.json").write_text('{"weight_map": {"lm_head.weight": "model.bin"}}')
    fetched = hub(monkeypatch, sharded, tmp_path / "snapshots")
    with pytest.raises(BaseModelError, match=r"expected \*\.safetensors only, got 'model\.bin'"):
        find_base_model("owner/tiny", ArtifactStore(tmp_path / "store"))
    assert not [file for file in fetched if file.endswith(".safetensors")]
