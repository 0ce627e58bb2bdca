"""Facts that loaded evidence gives of itself: one unsound fact costs itself."""

from __future__ import annotations

from pathlib import PurePosixPath
from types import SimpleNamespace

import pytest

from pytest_claims.core.errors import EvidenceLoadError
from pytest_claims.judging.facts import facts_of, short_repr


def evidence(**changed):
    return SimpleNamespace(**{"sha256": "ab", "determined_by": "a key", "properties": {}} | changed)


class Raising:
    determined_by = "a key"
    properties: dict = {}  # noqa: RUF012

    @property
    def sha256(self):
        raise ZeroDivisionError("nothing to digest")


@pytest.mark.parametrize(
    ("loaded", "message"),
    [
        (None, "evidence e: expected the attribute sha256, which NoneType does not have"),
        (evidence(sha256=b"ab"), "evidence e: sha256: expected a string, got b'ab'"),
        (evidence(determined_by=12), "evidence e: determined_by: expected a string, got 12"),
        (evidence(determined_by=" "), "evidence e: determined_by: expected some text, got ' '"),
        (evidence(uninformative=["cosine"]), "evidence e: uninformative: expected a mapping from measures to reasons, both strings, got ['cosine']"),
        (Raising(), "evidence e: sha256: expected a value, it raised ZeroDivisionError: nothing to digest"),
    ],
)  # fmt: skip
def test_evidence_that_cannot_be_identified_is_an_error_of_one_line(loaded, message):
    with pytest.raises(EvidenceLoadError) as caught:
        facts_of(loaded, "e\n")
    assert str(caught.value) == message.replace("e\n", "e")


def properties_read(loaded):
    """The facts beside those that identify the evidence."""
    return dict(list(facts_of(loaded, "e").items())[2:])


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        ({"a": "text", "b": 12, "c": 0.5, "d": True, "e": None, "f": PurePosixPath("x/y")},
         {"a": "text", "b": "12", "c": "0.5", "d": "True", "e": "None", "f": "x/y"}),
        ({"a": ["x"], 3: "y", "n": 10**5000}, {"a": "(left out: expected a string, got list)", "3": "y", "n": "(left out: expected a string, got int)"}),
        ({"sha256": "forged", "determined_by": "forged", "a": "b"}, {"a": "b"}),
        (None, {"properties": "(left out: TypeError: expected a mapping from strings to strings, got None)"}),
    ],
)  # fmt: skip
def test_a_fact_that_is_no_text_costs_itself(properties, expected):
    assert properties_read(evidence(properties=properties)) == expected


def test_facts_that_are_missing_or_raise_cost_themselves():
    loaded = evidence()
    del loaded.properties
    (said,) = properties_read(loaded).values()
    assert said.startswith("(left out: AttributeError: ")


def test_long_values_are_shown_short():
    assert len(short_repr("x" * 10_000)) == 80
