"""The files of a model's directory: those that transformers reads, and nothing else.

They are what is fetched from a hub and what a fingerprint is of. What transformers would read or apply beyond
them is refused, so that two directories with one fingerprint are one model.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from guarded_files import file_digests, read_json
from manylora.errors import BaseModelError

WEIGHTS, INDEX = "model.safetensors", "model.safetensors.index.json"
_WEIGHTS_EXPECTED = f"expected weights in {WEIGHTS} or those that {INDEX} names"
_CONFIG, _GENERATION_CONFIG = "config.json", "generation_config.json"
_VOCABULARIES = ("tokenizer.json", "tokenizer.model", "vocab.json", "spiece.model")
#: In the order in which a fingerprint lists them, behind the weights; there need not be all.
_SETTINGS = (
    "added_tokens.json", _CONFIG, _GENERATION_CONFIG, INDEX, "special_tokens_map.json", "tekken.json",
    "tokenizer.json", "tokenizer_config.json", "vocab.json", "chat_template.jinja", "tokenizer.model",
    "spiece.model", "additional_chat_templates/default.jinja",
)  # fmt: skip
#: Read only where there is no tokenizer.json, as is any other ``*.model``.
_MERGES = "merges.txt"
#: What is fetched first; an index then says which weights are fetched in its place. Nothing that runs code.
FETCHED = (WEIGHTS, *_SETTINGS, _MERGES)
#: Of a file of settings or an index, which names every tensor.
MOST_BYTES = 64 << 20
#: Keys that lead transformers to other files, or to other modules and weights than the architecture's own.
_OTHERWISE = {
    _CONFIG: ("compression_config", "configuration_files", "fusion_config", "quantization_config",
              "transformers_weights"),
    _GENERATION_CONFIG: (),
    "tokenizer_config.json": ("fast_tokenizer_files",),
}  # fmt: skip
#: Weights as they lie on the machines that trained together; transformers prefers them to all others.
_DISTRIBUTED = re.compile(r"shard-\d{5}-model-\d{5}-of-\d{5}\.safetensors")


def check_weights(origin: Path, report: Mapping[str, Any]) -> None:
    """Check that weights were all there and fit, so that none was made up.

    Parameters
    ----------
    origin : where they came from, for the message
    report : what transformers says of the loading

    Raises
    ------
    BaseModelError
        Some were missing, superfluous or of a wrong shape.
    """
    for problem, what in (
        ("mismatched_keys", "a shape that fits config.json"),
        ("missing_keys", "all weights"),
        ("unexpected_keys", "no weights beyond those of config.json"),
    ):
        keys = sorted(str(key) for key in report.get(problem, ()))
        if keys:
            raise BaseModelError(f"{origin}: expected {what}; see {keys[0]} and {len(keys) - 1} more")


def fingerprint(directory: Path) -> str:
    """Return the SHA-256 of what a model's directory holds, by name and content.

    Raises
    ------
    BaseModelError
        A file is missing, or transformers would read or apply more than such files.
    """
    names = file_names(directory)
    try:
        digests = file_digests([directory / name for name in names])
    except OSError as error:
        expected = f"expected a file that can be read: {error.strerror}"
        raise BaseModelError(f"{error.filename}: {expected}") from error
    listing = "\n".join(f"{name} {digest}" for name, digest in zip(names, digests, strict=True))
    return hashlib.sha256(listing.encode()).hexdigest()


def file_names(directory: Path) -> list[str]:
    """Return the names of the files in a model's directory that transformers reads.

    Raises
    ------
    BaseModelError
        A file is missing, or transformers would read or apply more than such files.
    """
    _refuse_additions(directory)
    _require(directory, _CONFIG, (_CONFIG,))
    _require(directory, "a tokenizer", _VOCABULARIES)
    for name, keys in _OTHERWISE.items():
        if (directory / name).exists():
            _check_settings(directory / name, keys)
    weights = _weights(directory)
    names = weights + [name for name in _SETTINGS if (directory / name).is_file()]
    if WEIGHTS in weights and INDEX in names:
        names.remove(INDEX)  # which transformers then does not read
    if "tokenizer.json" not in names:
        others = {path.name for path in (*directory.glob("*.model"), *directory.glob(_MERGES))}
        names += sorted(others - set(names))
    return names


def indexed_weights(index: Path) -> list[str]:
    """Return the names of the files with the weights that an index lists.

    Raises
    ------
    BaseModelError
        It is no index, or names anything but safetensors beside it.
    """
    content: Any = read_json(index, MOST_BYTES, BaseModelError)
    try:
        files = set(content["weight_map"].values())
    except (KeyError, TypeError, AttributeError) as error:
        raise BaseModelError(f"{index}: expected an index with the table weight_map") from error
    for file in sorted(map(str, files)):
        # Whatever else it names, transformers would take for a pickle.
        if not re.fullmatch(r"[\w.-]+\.safetensors", file):
            raise BaseModelError(f"{index}: key weight_map: expected *.safetensors only, got {file!r:.80}")
    if not files:
        raise BaseModelError(f"{index}: key weight_map: expected the names of weights, got none")
    return sorted(files)


def _weights(directory: Path) -> list[str]:
    names = indexed_weights(directory / INDEX) if (directory / INDEX).exists() else []
    if (directory / WEIGHTS).is_file():  # which transformers prefers
        return [WEIGHTS]
    for name in names:
        _require(directory, f"weights that {INDEX} names", (name,))
    if names:
        return names
    pickles = sorted(directory.glob("*.bin")) + sorted(directory.glob("*.pt"))
    others = sorted(directory.glob("*.safetensors"))
    hint = f"; {pickles[0].name} is a pickle and is not loaded" if pickles else ""
    hint = f"; {others[0].name} is not where transformers looks" if others else hint
    raise BaseModelError(f"{directory}: {_WEIGHTS_EXPECTED}{hint}")


def _refuse_additions(directory: Path) -> None:
    if (directory / "adapter_config.json").exists():
        raise BaseModelError(
            f"{directory}: expected a base model alone, got adapter_config.json, whose adapter transformers "
            "would apply; merge the adapter into the weights, or move its files elsewhere"
        )
    for path in sorted(directory.glob("shard-*.safetensors")):
        if _DISTRIBUTED.fullmatch(path.name):
            instead = f"got {path.name}, which transformers would load instead"
            raise BaseModelError(f"{directory}: {_WEIGHTS_EXPECTED}, {instead}")


def _check_settings(path: Path, keys: tuple[str, ...]) -> None:
    """Check that a file holds settings, none of which leads transformers elsewhere."""
    settings: Any = read_json(path, MOST_BYTES, BaseModelError, allow_nan=True)
    if not isinstance(settings, dict):
        raise BaseModelError(f"{path}: expected a complete model, whose settings are a JSON object")
    nested = settings.get("text_config")
    for table in (settings, nested if isinstance(nested, dict) else {}):
        for key in keys:
            if (value := table.get(key)) is not None:
                method = value.get("quant_method") if isinstance(value, dict) else None
                got = f"got {method or value!r:.60}"
                expected = "expected none, as a model is taken as its files are"
                raise BaseModelError(f"{path}: key {key}: {expected}, {got}")


def _require(directory: Path, what: str, names: tuple[str, ...]) -> None:
    if not any((directory / name).is_file() for name in names):
        raise BaseModelError(f"{directory}: expected {what} ({' or '.join(names)})")
