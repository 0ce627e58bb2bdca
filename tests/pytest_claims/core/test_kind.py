"""Kinds of claims: as the claim names it, as its rule implies it, and nothing else."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_claims import AtLeast, Correlation, Description, Kind, Separation, WithinRounding
from pytest_claims.core.claim import Claim
from pytest_claims.core.kind import KINDS

ALLOWED = "inference, description, arithmetic, instrument"


RULE = AtLeast(0.2)


def claim(rule=RULE, **changed):
    return Claim("rain-sells", "Rain sells umbrellas.", rule, **changed)


@pytest.mark.parametrize(
    ("rule", "kind"),
    [(AtLeast(0.2), "inference"), (Description("r > 0"), "description"), (WithinRounding(), "arithmetic")],
    ids=str,
)
def test_a_claim_that_names_no_kind_is_an_inference_unless_its_rule_infers_nothing(rule, kind):
    assert claim(rule).kind is Kind(kind)


@pytest.mark.parametrize("kind", [*KINDS, *Kind])
def test_a_kind_is_taken_as_text_and_as_a_value(kind):
    stated = claim(kind=kind)
    assert stated.kind is Kind(kind)
    assert str(stated.kind) == kind


@given(st.text().filter(lambda text: text not in KINDS) | st.integers() | st.lists(st.sampled_from(KINDS)))
def test_any_other_kind_is_refused_with_those_that_there_are(kind):
    with pytest.raises(
        ValueError, match=re.escape(f"claim rain-sells: kind: expected one of {ALLOWED}, got")
    ):
        claim(kind=kind)


@pytest.mark.parametrize("rule", [Description("r > 0"), WithinRounding()], ids=str)
def test_a_rule_that_infers_nothing_decides_no_inference(rule):
    expected = "kind: expected one of description, arithmetic, instrument, as the rule"
    with pytest.raises(ValueError, match=expected):
        claim(rule, kind="inference")
    assert claim(rule, kind="instrument").kind is Kind.INSTRUMENT


@dataclass(frozen=True)
class OwnRule:
    alpha: object

    def decide(self, estimate):
        raise NotImplementedError


@pytest.mark.parametrize(
    ("rule", "level"),
    [
        (Correlation("negative", alpha=0.01), 0.01),
        (Separation(alpha=0.05), 0.025),
        (AtLeast(0.2), None),
        (OwnRule(0.1), 0.1),
        (OwnRule("0.1x"), None),
        (OwnRule(1.5), None),
    ],
    ids=str,
)
def test_the_level_of_p_is_the_one_that_the_rule_compares_it_with(rule, level):
    assert claim(rule).p_level == level


def test_a_family_is_a_name_on_one_line():
    assert claim(family=" exploratory\n cosines ").family == "exploratory cosines"
    with pytest.raises(TypeError, match="family: expected a string, got 3"):
        claim(family=3)
