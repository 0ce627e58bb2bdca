"""Sources of evidence that a project's hook offers, each sound or replaced by one error."""

from __future__ import annotations

import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from pytest_claims.core.origins import ORIGINS
from pytest_claims.core.roles import MEMBER, POOLED, ROLES
from pytest_claims.judging.evidence import BrokenEvidence, EvidenceSource
from pytest_claims.judging.facts import short_repr

HOOK = "pytest_claims_evidence"

Source = EvidenceSource | BrokenEvidence


def check_sources(answers: Iterable[Any]) -> tuple[Source, ...]:
    """Return the sources that hooks offer, each sound or replaced by its error.

    Parameters
    ----------
    answers : results of each implementation of the hook; generators run here
    """
    sources = [_check_source(entry) for answer in answers for entry in _entries(answer)]
    names = Counter(source.name for source in sources)
    # Which of several was meant cannot be known, so none is judged.
    sound = [source for source in sources if isinstance(source, BrokenEvidence) or names[source.name] == 1]
    doubled = dict.fromkeys(source.name for source in sources if source not in sound)
    must = "names must be unique"
    errors = [BrokenEvidence(name, f"two sources of evidence are named {name!r}; {must}") for name in doubled]
    return (*_one_pooled_of_each_group(sound), *errors)


def hook_error(error: BaseException) -> BrokenEvidence:
    """Return the error in place of the evidence of a hook that raised."""
    frames = traceback.extract_tb(error.__traceback__)
    location = f"{frames[-1].filename}:{frames[-1].lineno}: " if frames else ""
    return BrokenEvidence(HOOK, f"{location}{HOOK} raised {type(error).__name__}: {error}")


def _one_pooled_of_each_group(sources: list[Source]) -> Iterator[Source]:
    """Yield the sources, with an error in place of each that is pooled evidence of a group beside another."""
    pooled: dict[str, list[str]] = {}
    for source in sources:
        if isinstance(source, EvidenceSource) and source.role == POOLED:
            pooled.setdefault(source.group, []).append(source.name)
    for source in sources:
        if isinstance(source, BrokenEvidence) or source.role != POOLED or len(pooled[source.group]) == 1:
            yield source
            continue
        expected = f"expected one body of pooled evidence in the group {source.group!r}"
        names = ", ".join(pooled[source.group])
        yield BrokenEvidence(source.name, f"evidence {source.name}: role: {expected}, got {names}")


def _entries(answer: Any) -> Iterator[Any]:
    try:
        if isinstance(answer, str | bytes | EvidenceSource | BrokenEvidence):
            fault = f"expected an iterable of EvidenceSource, got {short_repr(answer)}"
            yield BrokenEvidence(HOOK, f"{HOOK}: {fault}")
        else:
            yield from answer
    except pytest.UsageError:
        raise
    except (Exception, SystemExit) as error:
        yield hook_error(error)


def _check_source(entry: Any) -> Source:
    if isinstance(entry, BrokenEvidence):
        return BrokenEvidence(_text(entry.name), _text(entry.message))
    if not isinstance(entry, EvidenceSource):
        expected = "expected EvidenceSource or BrokenEvidence"
        return BrokenEvidence(f"{HOOK} {short_repr(entry)}", f"{HOOK}: {expected}, got {short_repr(entry)}")
    if not isinstance(entry.name, str) or not entry.name.strip():
        message = f"{HOOK}: name: expected a string that is not empty, got {short_repr(entry.name)}"
        return BrokenEvidence(short_repr(entry.name), message)
    try:
        if not callable(entry.load):
            raise TypeError(f"load: expected a function without arguments, got {short_repr(entry.load)}")
        group, role = _group_and_role(entry.group, entry.role)
        return replace(
            entry,
            measures=_measures(entry.measures),
            group=group,
            role=role,
            origin=_origin(entry.origin),
            label=_line("label", entry.label),
            files=_line("files", entry.files),
            figures_at=_line("figures_at", entry.figures_at),
            expected_errors=_each(
                "expected_errors", entry.expected_errors, _is_exception_type, "exception types"
            ),
            marks=_each("marks", entry.marks, _is_mark, "marks such as pytest.mark.slow"),
        )
    except (TypeError, ValueError) as error:
        return BrokenEvidence(entry.name, f"evidence {entry.name}: {error}")


def _group_and_role(group: Any, role: Any) -> tuple[str, str]:
    if not isinstance(group, str):
        raise TypeError(f"group: expected a string, got {short_repr(group)}")
    group = " ".join(group.split())
    if role not in ("", *ROLES) or not isinstance(role, str):
        raise ValueError(f"role: expected one of {', '.join(ROLES)}, got {short_repr(role)}")
    if role and not group:
        raise ValueError(f"group: expected the group in which the evidence is {role}, got {group!r}")
    return group, role or (MEMBER if group else "")


def _origin(origin: Any) -> str:
    if origin not in ("", *ORIGINS) or not isinstance(origin, str):
        raise ValueError(f"origin: expected one of {', '.join(ORIGINS)}, got {short_repr(origin)}")
    return str(origin)


def _line(name: str, text: Any) -> str:
    if not isinstance(text, str):
        raise TypeError(f"{name}: expected a string, got {short_repr(text)}")
    return " ".join(text.split())


def _measures(measures: Any) -> frozenset[str]:
    if isinstance(measures, str):
        raise ValueError(f"measures: expected a collection of strings; did you mean {{{measures!r}}}?")
    try:
        names = frozenset(measures)
    except TypeError as error:
        raise TypeError(f"measures: expected a collection of strings, got {short_repr(measures)}") from error
    _each("measures", tuple(names), lambda name: isinstance(name, str), "strings")
    return names


def _each(name: str, value: Any, is_sound: Callable[[Any], bool], expected: str) -> tuple[Any, ...]:
    values = tuple(value) if isinstance(value, tuple | list) else (value,)
    for item in values:
        if not is_sound(item):
            raise TypeError(f"{name}: expected {expected}, got {short_repr(item)}")
    return values


def _is_exception_type(value: Any) -> bool:
    return isinstance(value, type) and issubclass(value, Exception)


def _is_mark(value: Any) -> bool:
    return isinstance(value, pytest.MarkDecorator | pytest.Mark)


def _text(value: object) -> str:
    return value if isinstance(value, str) else short_repr(value)
