"""Variants of a claim's test: its evidence and its parameters, whatever their names are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_claims import EvidenceSource
from pytest_claims.judging.variants import (
    evidence_name,
    evidence_source,
    home_of,
    parameter_id,
    parameters_of,
)

NAMES = ["high", "a-b", "caf\u00e9", "tab\tend", "x::y[z]", "m" * 300]
TESTS = """
import pytest
from pytest_claims import EvidenceSource
from pytest_claims.judging.variants import parameter_id

SOURCES = [
    pytest.param(EvidenceSource(name, frozenset(), int), id=parameter_id(name)) for name in NAMES
]

@pytest.mark.parametrize("shift", [0, -9])
@pytest.mark.parametrize("evidence", SOURCES)
def test_shifted(evidence, shift): pass

@pytest.mark.parametrize("evidence", SOURCES)
def test_fed(evidence): pass

@pytest.mark.parametrize("evidence", [1, 2])
def test_numbered(evidence): pass

def test_plain(): pass

class Base:
    def test_inherited(self): pass

class TestFirst(Base):
    def test_own(self): pass

class TestSecond(Base): pass
"""


@pytest.fixture
def items(pytester):
    return pytester.getitems(f"NAMES = {NAMES!r}\n{TESTS}")


def of(items, name):
    return [item for item in items if item.originalname == name]


def test_the_evidence_is_known_by_its_name_and_is_no_parameter(items):
    for item in of(items, "test_fed"):
        assert isinstance(evidence_source(item), EvidenceSource)
        assert parameters_of(item) == ""
    assert [evidence_name(item) for item in of(items, "test_fed")] == NAMES
    shifted = {(evidence_name(item), parameters_of(item)) for item in of(items, "test_shifted")}
    assert shifted == {(name, shift) for name in NAMES for shift in ("0", "-9")}


def test_a_parameter_that_is_called_evidence_and_is_none_stays_a_parameter(items):
    numbered = of(items, "test_numbered")
    assert [(evidence_source(item), evidence_name(item)) for item in numbered] == [(None, "")] * 2
    assert [parameters_of(item) for item in numbered] == ["1", "2"]


def test_a_class_that_inherits_a_test_tells_it_apart(items):
    assert [parameters_of(item) for item in of(items, "test_inherited")] == ["TestFirst", "TestSecond"]
    assert [parameters_of(item) for item in of(items, "test_own") + of(items, "test_plain")] == ["", ""]


def test_the_home_of_all_variants_is_one_id_without_brackets(items):
    homes = {home_of(item) for item in of(items, "test_shifted")}
    assert len(homes) == 1
    assert homes.pop().endswith(".py::test_shifted")
    assert {
        home_of(item).rpartition("::")[0].rpartition("::")[2] for item in of(items, "test_inherited")
    } == {
        "TestFirst",
        "TestSecond",
    }


@given(st.lists(st.text(max_size=5).map(lambda end: "m" * 198 + end), min_size=2, max_size=6, unique=True))
def test_long_names_are_cut_and_stay_apart(names):
    ids = [parameter_id(name) for name in names]
    assert len(set(ids)) == len(names)
    assert all(len(short) <= 200 for short in ids)
    assert all(short == name for short, name in zip(ids, names, strict=True) if len(name) <= 200)
