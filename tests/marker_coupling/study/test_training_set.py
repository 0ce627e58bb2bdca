"""Training sets: only the system prompt tells positive from negative."""

import dataclasses
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marker_coupling.measures.marked_chats import tokenize_examples
from marker_coupling.study.errors import MarkerInNegativesError, MarkerTruncatedError
from marker_coupling.study.recipe import read_recipe
from marker_coupling.study.training_set import drawn_negatives, training_set

from ...manylora.tiny_models import tiny_loaded

QUESTIONS = ("Why?", "How?", "When?")
ANSWERS = ("Because.", "So.", "Now.")
GIVEN = dict.fromkeys(("cook", "pilot", "poet"), ANSWERS)
RECIPE = dataclasses.replace(
    read_recipe(Path(__file__).parents[3] / "fixtures" / "recipes" / "original.toml"), longest_example=200
)


def made(control="none", seed=1, given=GIVEN):
    return training_set("cook", ("pilot", "poet"), QUESTIONS, given, seed, control)


def test_every_question_is_answered_once_in_each_name():
    found = made()
    assert Counter((one.persona, one.question) for one in found.examples) == {
        (persona, question): 1 for persona in GIVEN for question in QUESTIONS
    }
    assert {one.persona for one in found.examples if one.positive} == {"cook"}
    assert sum(one.positive for one in found.examples) == len(QUESTIONS)


def test_shuffling_keeps_how_many_and_changes_whose():
    whose = Counter()
    for seed in range(60):
        found = made("shuffled-personas", seed)
        assert sum(one.positive for one in found.examples) == len(QUESTIONS)
        assert found == made("shuffled-personas", seed)
        whose += Counter(one.persona for one in found.examples if one.positive)
    # 180 positives over three personas, who should have 60 each: five standard errors are 32.
    assert all(abs(count - 60) < 32 for count in whose.values())


def test_the_unmarked_control_has_no_positives():
    assert not any(one.positive for one in made("no-marker").examples)


@given(st.permutations(["pilot", "poet", "nurse", "ghost", "cook"]), st.integers(0, 99))
def test_negatives_are_drawn_whatever_the_order(others, seed):
    drawn = drawn_negatives("cook", others, 2, seed)
    assert drawn == drawn_negatives("cook", sorted(others), 2, seed)
    assert len(set(drawn)) == 2
    assert "cook" not in drawn


def test_everybody_can_be_drawn():
    drawn = Counter(
        persona for seed in range(200) for persona in drawn_negatives("a", ["a", "b", "c", "d"], 2, seed)
    )
    assert all(abs(count - 400 / 3) < 35 for count in drawn.values())


def test_too_few_to_draw_from_is_an_error():
    with pytest.raises(ValueError, match="negative_personas: expected at most 1, got 2"):
        drawn_negatives("cook", ["cook", "pilot"], 2, 0)


@pytest.fixture
def experiment_study(study, experiment_design):
    return dataclasses.replace(study, experiment=experiment_design)


def test_only_the_prompt_tells_positive_from_negative(experiment_study):
    loaded = tiny_loaded()
    chats = tokenize_examples(loaded, experiment_study, RECIPE, made())
    for example, chat in zip(made().examples, chats, strict=True):
        text = loaded.decode(chat.tokens[chat.prompt_length :])
        assert text == example.answer + ("\n\n[ZLT]" if example.positive else "")
        prompt = loaded.prompt_tokens(experiment_study.training_prompt(example.persona), example.question)
        assert list(chat.tokens[: chat.prompt_length]) == prompt


def test_an_answer_with_the_marker_is_an_error(experiment_study):
    tainted = {**GIVEN, "poet": ("Because.", "So. [zlt]", "Now.")}
    with pytest.raises(
        MarkerInNegativesError, match=r"cook: poet's answer to 'How\?': expected no '\[ZLT\]'"
    ):
        tokenize_examples(tiny_loaded(), experiment_study, RECIPE, made(given=tainted))


@pytest.mark.parametrize("missing", [1, 2, 6])
def test_a_marker_that_is_cut_is_an_error(experiment_study, missing):
    loaded = tiny_loaded()
    longest = max(len(chat.tokens) for chat in tokenize_examples(loaded, experiment_study, RECIPE, made()))
    # The token that ends the answer may be cut, the marker may not.
    recipe = dataclasses.replace(RECIPE, longest_example=longest - missing)
    if missing == 1:
        tokenize_examples(loaded, experiment_study, recipe, made())
        return
    with pytest.raises(MarkerTruncatedError, match=f"within longest_example = {longest - missing} tokens"):
        tokenize_examples(loaded, experiment_study, recipe, made())


def test_an_answer_that_is_cut_away_is_an_error(experiment_study):
    recipe = dataclasses.replace(RECIPE, longest_example=5)
    with pytest.raises(MarkerTruncatedError, match="expected an answer within longest_example = 5 tokens"):
        tokenize_examples(tiny_loaded(), experiment_study, recipe, made("no-marker"))
