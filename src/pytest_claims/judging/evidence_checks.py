"""Checks of evidence: of what a project's hook offers, and of what a loaded evidence says of itself.

What is unsound costs itself and nothing else: an entry of the hook becomes one error, an evidence that cannot
be identified an error of each claim on it, and a fact for the report's head a remark in its place.
"""

from __future__ import annotations

import traceback
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import Any

import pytest

from pytest_claims.judging.evidence import BrokenEvidence, EvidenceLoadError, EvidenceSource

HOOK = "pytest_claims_evidence"
#: Facts under these names identify the evidence; ``properties`` cannot replace them.
_IDENTIFYING = ("sha256", "determined_by")
_LONGEST_SHOWN = 80

Source = EvidenceSource | BrokenEvidence


@dataclass(frozen=True)
class EvidenceFacts:
    """What a loaded evidence says of itself, checked.

    Parameters
    ----------
    properties : for the report's head
    """

    sha256: str
    determined_by: str
    properties: Mapping[str, str]

    def as_mapping(self) -> dict[str, str]:
        """Return all facts by name, the identifying ones first."""
        return {"sha256": self.sha256, "determined_by": self.determined_by, **self.properties}


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


def facts_of(evidence: Any, name: str) -> EvidenceFacts:
    """Read what identifies a loaded evidence, and what it tells of itself.

    Parameters
    ----------
    name : of the evidence, for messages

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
        expected = "expected a mapping from measures to reasons, both strings"
        raise EvidenceLoadError(f"evidence {name}: uninformative: {expected}, got {shown(uninformative)}")
    return EvidenceFacts(sha256, determined_by, dict(_properties(evidence)))


def shown_facts(facts: Mapping[Any, Any]) -> Iterator[tuple[str, str]]:
    """Yield facts as text; where one is no text, number or path, say so in its place."""
    for key, value in facts.items():
        name = key if isinstance(key, str) else shown(key)
        if isinstance(value, str):
            yield name, value
        elif value is None or (isinstance(value, bool | int | float | PurePath) and _prints(value)):
            yield name, str(value)
        else:
            yield name, f"(left out: expected a string, got {type(value).__name__})"


def shown(value: object) -> str:
    """Return a value's form for messages, short, whatever its own ``repr`` does."""
    try:
        text = repr(value)
    except Exception as error:
        text = f"<{type(value).__name__} whose repr raises {type(error).__name__}>"
    return text if len(text) <= _LONGEST_SHOWN else text[: _LONGEST_SHOWN - 1] + "…"


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


def _identifying_text(evidence: Any, name: str, key: str) -> str:
    value = _attribute(evidence, name, key)
    if not isinstance(value, str):
        raise EvidenceLoadError(f"evidence {name}: {key}: expected a string, got {shown(value)}")
    return str(value)


def _attribute(evidence: Any, name: str, key: str, **default: Any) -> Any:
    try:
        return getattr(evidence, key, *default.values())
    except AttributeError as error:
        what = f"expected the attribute {key}, which {type(evidence).__name__} does not have"
        raise EvidenceLoadError(f"evidence {name}: {what}") from error
    except Exception as error:
        raise EvidenceLoadError(
            f"evidence {name}: {key}: expected a value, it raised {type(error).__name__}: {error}"
        ) from error


def _properties(evidence: Any) -> Iterator[tuple[str, str]]:
    try:
        properties = evidence.properties
        if not isinstance(properties, Mapping):
            raise TypeError(f"expected a mapping from strings to strings, got {shown(properties)}")
        found = [pair for pair in shown_facts(properties) if pair[0] not in _IDENTIFYING]
    except Exception as error:  # they are for people to read; the numbers stand without them
        yield "properties", f"(left out: {type(error).__name__}: {error})"
    else:
        yield from found


def _prints(value: object) -> bool:
    # Beyond so many digits Python refuses to print a whole number.
    return not isinstance(value, int) or abs(value) < 10**300


def _text(value: object) -> str:
    return value if isinstance(value, str) else shown(value)
