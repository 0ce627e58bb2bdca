"""Limits of the length of sequences, within which a position means the same whatever else is in a batch."""

from __future__ import annotations

from manylora.errors import ManyLoraError
from manylora.models.loaded_model import LoadedModel

#: Rotations by angles that do not depend on how long the longest sequence of a batch is.
_FIXED_ROTATIONS = frozenset({"default", "linear", "llama3", "proportional", "yarn"})
_LIMITS = ("original_max_position_embeddings", "max_position_embeddings", "max_seq_len")


def check_length(loaded: LoadedModel, tokens: int) -> None:
    """Check that sequences are not longer than a model allows.

    Parameters
    ----------
    tokens : of the longest, with padding

    Raises
    ------
    ManyLoraError
        They are: positions beyond are not known to the model, or change what all other positions mean.
    """
    limit = longest_sequence(loaded)
    if limit is not None and tokens > limit:
        expected = f"expected prompts with answers of at most {limit} tokens, got {tokens}"
        raise ManyLoraError(f"{loaded.base.name}: {expected}")


def longest_sequence(loaded: LoadedModel) -> int | None:
    """Return the tokens that a sequence may have; None where there is no limit.

    There is one for learned positions, and for rotations that are rescaled once a sequence is longer than
    those that a model was first trained on, as dynamic ones and LongRoPE's are.
    """
    config = loaded.model.config.get_text_config()
    parameters = getattr(config, "rope_parameters", None) or {}
    # There may be one for each type of layer.
    entries = [parameters] if "rope_type" in parameters else parameters.values()
    rotations = [rotation for rotation in entries if isinstance(rotation, dict)]
    if rotations and all(rotation.get("rope_type") in _FIXED_ROTATIONS for rotation in rotations):
        return None
    for name in _LIMITS:
        for limit in (*(rotation.get(name) for rotation in rotations), getattr(config, name, None)):
            if isinstance(limit, int) and limit > 0:
                return limit
    return None
