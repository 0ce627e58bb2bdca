"""Sources of evidence that a project's hook offers, each sound or replaced by one error."""

from __future__ import annotations

import traceback
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from pytest_claims.judging.evidence import BrokenEvidence, EvidenceSource
from pytest_claims.judging.facts import shown

HOOK = "pytest_claims_evidence"

Source = EvidenceSource | BrokenEvidence


def offered_sources(answers: Iterable[Any]) -> tuple[Source, ...]:
    """Return what hooks offer, each entry sound or replaced by what is wrong with it.

    Parameters
    ----------
    answers : what each implementation of the hook returned; generators run here
    """
    sources = [_checked(entry) for answer in answers for entry in _entries(answer)]
    names = Counter(source.name for source in sources)
    # Which of several was meant cannot be known, so none is judged.
    sound = [source for source in sources if isinstance(source, BrokenEvidence) or names[source.name] == 1]
    doubled = dict.fromkeys(source.name for source in sources if source not in sound)
    return (
        *sound,
        *(
            BrokenEvidence(name, f"two sources of evidence are named {name!r}; names must be unique")
            for name in doubled
        ),
    )


def refused_hook(error: BaseException) -> BrokenEvidence:
    """Return what stands for the evidence of a hook that raised: where, and what."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{frames[-1].filename}:{frames[-1].lineno}: " if frames else ""
    return BrokenEvidence(HOOK, f"{place}{HOOK} raised {type(error).__name__}: {error}")


def _entries(answer: Any) -> Iterator[Any]:
    try:
        if isinstance(answer, str | bytes | EvidenceSource | BrokenEvidence):
            yield BrokenEvidence(HOOK, f"{HOOK}: expected an iterable of EvidenceSource, got {shown(answer)}")
        else:
            yield from answer
    except pytest.UsageError:
        raise
    except (Exception, SystemExit) as error:
        yield refused_hook(error)


def _checked(entry: Any) -> Source:
    if isinstance(entry, BrokenEvidence):
        return BrokenEvidence(_text(entry.name), _text(entry.message))
    if not isinstance(entry, EvidenceSource):
        expected = "expected EvidenceSource or BrokenEvidence"
        return BrokenEvidence(f"{HOOK} {shown(entry)}", f"{HOOK}: {expected}, got {shown(entry)}")
    if not isinstance(entry.name, str) or not entry.name.strip():
        message = f"{HOOK}: name: expected a string that is not empty, got {shown(entry.name)}"
        return BrokenEvidence(shown(entry.name), message)
    try:
        return replace(
            entry,
            measures=_measures(entry.measures),
            expected_errors=_exceptions(entry.expected_errors),
            marks=_marks(entry.marks),
            load=_loader(entry.load),
        )
    except (TypeError, ValueError) as error:
        return BrokenEvidence(entry.name, f"evidence {entry.name}: {error}")


def _measures(measures: Any) -> frozenset[str]:
    if isinstance(measures, str):
        raise ValueError(f"measures: expected a collection of strings; did you mean {{{measures!r}}}?")
    try:
        found = frozenset(measures)
    except TypeError as error:
        raise TypeError(f"measures: expected a collection of strings, got {shown(measures)}") from error
    for measure in found:
        if not isinstance(measure, str):
            raise TypeError(f"measures: expected strings, got {shown(measure)}")
    return found


def _exceptions(expected: Any) -> tuple[type[Exception], ...]:
    kinds = tuple(expected) if isinstance(expected, tuple | list) else (expected,)
    for kind in kinds:
        if not (isinstance(kind, type) and issubclass(kind, Exception)):
            raise TypeError(f"expected_errors: expected exception types, got {shown(kind)}")
    return kinds


def _marks(marks: Any) -> tuple[pytest.MarkDecorator, ...]:
    found = tuple(marks) if isinstance(marks, tuple | list) else (marks,)
    for mark in found:
        if not isinstance(mark, pytest.MarkDecorator | pytest.Mark):
            raise TypeError(f"marks: expected marks such as pytest.mark.slow, got {shown(mark)}")
    return found


def _loader(load: Any) -> Any:
    if not callable(load):
        raise TypeError(f"load: expected a function without arguments, got {shown(load)}")
    return load


def _text(value: object) -> str:
    return value if isinstance(value, str) else shown(value)
