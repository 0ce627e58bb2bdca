"""Variants of a claim's test: its evidence, its parameters, and the class that inherits it."""

from __future__ import annotations

import pytest

from pytest_claims.core.claim import question_of_module
from pytest_claims.judging.evidence import EvidenceSource

#: A longer first line is no heading.
_LONGEST_QUESTION = 200


def evidence_source(item: pytest.Item) -> EvidenceSource | None:
    """Return the source of the evidence that a test will judge; ``None`` if it brings its own."""
    callspec = getattr(item, "callspec", None)
    source = None if callspec is None else callspec.params.get("evidence")
    return source if isinstance(source, EvidenceSource) else None


def evidence_name(item: pytest.Item) -> str:
    """Return the name of the evidence that a test will judge; empty if it brings its own."""
    source = evidence_source(item)
    return "" if source is None else source.name


def parameters_of(item: pytest.Item) -> str:
    """Return a test's parameters besides the evidence, as pytest writes them in brackets.

    A method that a class inherits is another test in each class, so the class comes first then.
    """
    parts = [_inheriting_class(item), "-".join(_parameter_ids(item))]
    return "-".join(part for part in parts if part)


def home_of(item: pytest.Item) -> str:
    """Return a test's id without its parameters, whatever its path contains."""
    name = getattr(item, "originalname", None)
    return item.nodeid if name is None or item.parent is None else f"{item.parent.nodeid}::{name}"


def parameter_id(name: str) -> str:
    """Return the name of evidence within a test's name: shortened if it is very long.

    pytest keeps the running test's name in an environment variable, which some systems limit.
    """
    from pytest_claims.core.figures import digest_of

    longest = 200
    return name if len(name) <= longest else f"{name[:60]}...{digest_of(name)}"


def question_of(item: pytest.Item) -> str:
    """Return the question of a test's module: its docstring's first line, else its name in words."""
    module = getattr(item, "module", None)
    lines = (getattr(module, "__doc__", None) or "").strip().splitlines()
    first = " ".join(lines[0].split()) if lines else ""
    if first and len(first) <= _LONGEST_QUESTION:
        return first
    return question_of_module(str(getattr(module, "__name__", "")))


def _parameter_ids(item: pytest.Item) -> list[str]:
    callspec = getattr(item, "callspec", None)
    if callspec is None:
        return []
    ids = list(getattr(callspec, "_idlist", None) or [callspec.id])
    source = evidence_source(item)
    if source is not None:
        name = parameter_id(source.name)
        written = {name, name.encode("unicode_escape").decode("ascii")}
        index = next((index for index, part in enumerate(ids) if part in written), None)
        if index is not None:
            del ids[index]
    return ids


def _inheriting_class(item: pytest.Item) -> str:
    owner = getattr(item, "cls", None)
    name = getattr(item, "originalname", item.name)
    return "" if owner is None or name in vars(owner) else str(owner.__qualname__)
