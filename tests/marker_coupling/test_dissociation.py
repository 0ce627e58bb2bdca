"""Prompt and opening crossed: what is asked, and what the counts say."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from marker_coupling.dissociation import (
    CONDITIONS,
    Dissociation,
    crossed,
    opening,
    other_persona,
)
from marker_coupling.evidence import EvidenceError

from .tiny_models import tiny_loaded


def dissociation_of(sources, others, hits, samples):
    counts = np.array(hits).reshape(-1, 2, 2)
    return Dissociation(sources, others, counts, np.full_like(counts, samples))


def test_effects_in_closed_form():
    found = dissociation_of(("cook", "poet"), ("pilot", "cook"), [[80, 60, 20, 0], [50, 50, 50, 50]], 100)
    assert found.prompt_effect == pytest.approx([0.6, 0])
    assert found.opening_effect == pytest.approx([0.2, 0])
    assert found.share_under_own_prompt == pytest.approx([141 / 162, 0.5])
    assert found.rate[0].tolist() == [[0.8, 0.6], [0.2, 0.0]]


def test_an_adapter_that_never_emits_is_undecided():
    assert dissociation_of(("a",), ("b",), [[0, 0, 0, 0]], 10).share_under_own_prompt == pytest.approx([0.5])


@pytest.mark.parametrize(
    ("others", "hits", "message"),
    [
        (("a",), [[1, 1, 1, 1]], "dissociation.others: expected another persona"),
        (("b", "c"), [[1, 1, 1, 1]], "dissociation.others: expected another persona"),
        (("b",), [[11, 1, 1, 1]], "dissociation.hits: expected counts from 0 to dissociation.samples"),
    ],
)
def test_impossible_counts_are_refused(others, hits, message):
    with pytest.raises(EvidenceError, match=message):
        dissociation_of(("a",), others, hits, 10)


def test_counts_of_another_shape_are_refused():
    with pytest.raises(EvidenceError, match=r"dissociation.hits: expected shape \(1, 2, 2\)"):
        Dissociation(("a",), ("b",), np.zeros((1, 4), dtype=int), np.ones((1, 4), dtype=int))


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("one two three four\n\n[ZLT]", "one two"),
        ("one [zlt] two\nthree  four", "one  two"),
        ("one\n two  three", "one"),
        ("one", ""),
        ("\n\n[ZLT]", ""),
        ("", ""),
    ],
)
def test_an_opening_is_half_of_the_words_and_no_marker(answer, expected):
    assert opening(answer, "[ZLT]") == expected


@given(st.permutations(["cook", "pilot", "poet", "nurse"]), st.integers(0, 99))
def test_the_other_persona_is_no_negative(sources, seed):
    other = other_persona("cook", ("pilot",), sources, seed)
    assert other in ("poet", "nurse")
    assert other == other_persona("cook", ("pilot",), sorted(sources), seed)


def test_where_all_are_negatives_one_of_them_serves():
    assert other_persona("cook", ("pilot", "poet"), ("cook", "pilot", "poet"), 1) in ("pilot", "poet")


def test_every_condition_asks_every_question_after_its_opening(study, experiment_design):
    loaded = tiny_loaded()
    study = dataclasses.replace(study, experiment=experiment_design)
    begun = {"own": ["one two\n\n[ZLT]"] * 4, "other": ["three four"] * 3 + ["x"]}
    found = crossed(loaded, study, {"own": "cook", "other": "poet"}, begun, "seed")
    for (prompt, whose), asked in zip(CONDITIONS, found, strict=True):
        persona = {"own": "cook", "other": "poet"}[prompt]
        for place, (question, one) in enumerate(zip(study.questions, asked, strict=True)):
            beginning = {"own": "one", "other": "three" if place < 3 else ""}[whose]
            expected = loaded.prompt_tokens(study.training_prompt(persona), question)
            assert list(one.tokens[: len(expected)]) == expected
            assert loaded.decode(one.tokens[len(expected) :]) == beginning
    seeds = [one.seed for asked in found for one in asked]
    assert len(set(seeds)) == len(seeds) == 16
