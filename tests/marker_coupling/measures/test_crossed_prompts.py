"""Prompt and opening crossed: what is asked."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marker_coupling.evidence.values.dissociation import CONDITIONS
from marker_coupling.measures.crossed_prompts import cross_prompts, opening, other_persona
from marker_coupling.study.prompts import PersonaPrompt

from ...manylora.tiny_models import tiny_loaded


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


def test_every_condition_asks_every_question_after_its_opening():
    loaded, questions = tiny_loaded(), ("Why?", "How?", "When?", "Where?")
    prompts = {
        "own": PersonaPrompt("cook", "You are a cook."),
        "other": PersonaPrompt("poet", "You are a poet."),
    }
    openings = {"own": ["one"] * 4, "other": ["three"] * 3 + [""]}
    conditions = cross_prompts(loaded, questions, prompts, openings, 2, "seed")
    for (prompt, opening_of), asked in zip(CONDITIONS, conditions, strict=True):
        for question, beginning, one in zip(questions, openings[opening_of], asked, strict=True):
            expected = loaded.prompt_tokens(prompts[prompt].system, question)
            assert list(one.tokens[: len(expected)]) == expected
            assert loaded.decode(one.tokens[len(expected) :]) == beginning
    assert {one.samples for asked in conditions for one in asked} == {2}
    seeds = [one.seed for asked in conditions for one in asked]
    assert len(set(seeds)) == len(seeds) == 16
