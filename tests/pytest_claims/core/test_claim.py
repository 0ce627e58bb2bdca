"""Claims: an ill-formed one is refused where it is stated, and variants of one have names of their own."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_claims import AtLeast
from pytest_claims.core.claim import Claim, question_of_module, variant_name

SOUND = {"id": "rain-sells-umbrellas", "statement": "Rain sells umbrellas.", "rule": AtLeast(0.2)}
WORDS = st.text("abcxyz0189", min_size=1, max_size=4)


class Sulky(AtLeast):
    def __str__(self):
        raise RuntimeError("no\nwords")


@pytest.mark.parametrize(
    ("changed", "error", "said"),
    [
        ({"id": 3}, TypeError, "claim 3: id: expected a string, got 3"),
        ({"id": "x" * 500 + "Y"}, ValueError, "expected kebab-case"),
        ({"statement": None}, TypeError, "statement: expected a string, got None"),
        ({"statement": " \n"}, ValueError, "claim rain-sells-umbrellas: expected a statement in plain words"),
        ({"source": ["a paper"]}, TypeError, "source: expected a string, got ['a paper']"),
        ({"headline": "yes"}, TypeError, "headline: expected True or False, got 'yes'"),
        ({"question": 3}, TypeError, "question: expected a string, got 3"),
        ({"rule": 3}, TypeError, "expected a rule with a decide method, got 3"),
        ({"rule": Sulky(0.2)}, TypeError, "expected a rule that prints: RuntimeError('no\\nwords')"),
        ({"needs": frozenset({3})}, TypeError, "needs: expected strings, got 3"),
    ],
)
def test_an_ill_formed_claim_is_refused_by_the_name_of_its_part(changed, error, said):
    with pytest.raises(error, match=re.escape(said)):
        Claim(**SOUND | changed)


@given(st.lists(WORDS, min_size=1, max_size=4))
def test_words_joined_by_hyphens_are_an_id(words):
    assert Claim(**SOUND | {"id": "-".join(words)}).id == "-".join(words)


@given(
    st.lists(WORDS, min_size=1, max_size=3).map("-".join),
    st.sampled_from(["--", "_", " ", "A", "é", "\n", "[", "."]),
    st.integers(0, 20),
)
def test_anything_else_within_an_id_is_refused(name, stranger, at):
    with pytest.raises(ValueError, match="expected kebab-case"):
        Claim(**SOUND | {"id": name[:at] + stranger + name[at:]})


@given(st.lists(st.tuples(WORDS, st.text(max_size=5)), min_size=2, max_size=5, unique=True))
def test_variants_have_names_of_their_own(variants):
    assert len({variant_name(claim, parameters) for claim, parameters in variants}) == len(variants)
    assert all(variant_name(claim, "") == claim for claim, _ in variants)


@pytest.mark.parametrize(
    ("module", "question"),
    [
        ("tests.claims.test_coupling", "coupling"), ("tests.test_low_rates.TestClass", "low rates"),
        ("coupling_test", "coupling"), ("claims", "claims"), ("", ""),
    ],
)  # fmt: skip
def test_a_module_names_its_question(module, question):
    assert question_of_module(module) == question
