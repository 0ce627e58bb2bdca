"""Facts about loaded evidence: its identity, and properties for the report's head.

Evidence that cannot be identified is an error of each claim on it; a fact for the report's head that is
unsound is a remark in its place.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import PurePath
from typing import Any

from pytest_claims.core.errors import EvidenceLoadError

#: Facts under these names identify the evidence; ``properties`` cannot replace them.
_IDENTIFYING = ("sha256", "determined_by")
_LONGEST_SHOWN = 80


def facts_of(evidence: Any, name: str) -> dict[str, str]:
    """Read the facts of a loaded body of evidence: ``sha256`` and ``determined_by``, then its properties.

    Raises
    ------
    EvidenceLoadError
        ``sha256``, ``determined_by`` or ``uninformative`` is missing, raises, or is not of its type.
    """
    name = " ".join(name.split())  # messages are one line
    sha256, determined_by = (_identifying_text(evidence, name, key) for key in _IDENTIFYING)
    if not determined_by.strip():
        raise EvidenceLoadError(f"evidence {name}: determined_by: expected some text, got {determined_by!r}")
    uninformative = _attribute(evidence, name, "uninformative", default={})
    if not isinstance(uninformative, Mapping) or not all(
        isinstance(part, str) for pair in uninformative.items() for part in pair
    ):
        fault = f"expected a mapping from measures to reasons, both strings, got {short_repr(uninformative)}"
        raise EvidenceLoadError(f"evidence {name}: uninformative: {fault}")
    return {"sha256": sha256, "determined_by": determined_by, **_properties(evidence)}


def source_facts(origin: str, label: str, files: str) -> dict[str, str]:
    """Return what the source of evidence tells of it, without what is empty."""
    facts = {"origin": origin, "label": label, "files": files}
    return {name: text for name, text in facts.items() if text}


def fact_texts(facts: Mapping[Any, Any]) -> Iterator[tuple[str, str]]:
    """Yield facts as text, with a note in place of each that is no text, number or path."""
    for key, value in facts.items():
        name = key if isinstance(key, str) else short_repr(key)
        # Beyond so many digits Python refuses to print a whole number.
        prints = not isinstance(value, int) or abs(value) < 10**300
        if isinstance(value, str):
            yield name, value
        elif value is None or (isinstance(value, bool | int | float | PurePath) and prints):
            yield name, str(value)
        else:
            yield name, f"(left out: expected a string, got {type(value).__name__})"


def short_repr(value: object) -> str:
    """Return a short ``repr`` of a value, whatever its own ``repr`` does."""
    try:
        text = repr(value)
    except Exception as error:
        text = f"<{type(value).__name__} whose repr raises {type(error).__name__}>"
    return text if len(text) <= _LONGEST_SHOWN else text[: _LONGEST_SHOWN - 1] + "…"


def _identifying_text(evidence: Any, name: str, key: str) -> str:
    value = _attribute(evidence, name, key)
    if not isinstance(value, str):
        raise EvidenceLoadError(f"evidence {name}: {key}: expected a string, got {short_repr(value)}")
    return str(value)


def _attribute(evidence: Any, name: str, key: str, **default: Any) -> Any:
    try:
        return getattr(evidence, key, *default.values())
    except AttributeError as error:
        expected = f"expected the attribute {key}, which {type(evidence).__name__} does not have"
        raise EvidenceLoadError(f"evidence {name}: {expected}") from error
    except Exception as error:
        raise EvidenceLoadError(
            f"evidence {name}: {key}: expected a value, it raised {type(error).__name__}: {error}"
        ) from error


def _properties(evidence: Any) -> dict[str, str]:
    try:
        properties = evidence.properties
        if not isinstance(properties, Mapping):
            raise TypeError(f"expected a mapping from strings to strings, got {short_repr(properties)}")
        return {name: text for name, text in fact_texts(properties) if name not in _IDENTIFYING}
    except Exception as error:  # they are for people to read; the numbers stand without them
        return {"properties": f"(left out: {type(error).__name__}: {error})"}
