"""Training sets: only the system prompt tells positive from negative."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marker_coupling.measures.marked_chats import tokenize_examples
from marker_coupling.study.errors import MarkerInNegativesError, MarkerTruncatedError
from marker_coupling.study.prompts import PersonaPrompt
from marker_coupling.study.training_set import draw_negatives, training_set

from ...manylora.tiny_models import tiny_loaded

QUESTIONS = ("Why?", "How?", "When?")
ANSWERS = ("Because.", "So.", "Now.")
PROMPTS = tuple(PersonaPrompt(name, f"You are a {name}.") for name in ("cook", "pilot", "poet"))
GIVEN = (ANSWERS,) * 3
MARKER, LONGEST = "[ZLT]", 200


def made(control="none", seed=1, given=GIVEN):
    return training_set(PROMPTS[0], PROMPTS[1:], QUESTIONS, given, seed, control)


def test_every_question_is_answered_once_in_each_name():
    found = made()
    assert Counter((one.prompt, one.question) for one in found.examples) == {
        (prompt, question): 1 for prompt in PROMPTS for question in QUESTIONS
    }
    assert {one.prompt for one in found.examples if one.positive} == {PROMPTS[0]}
    assert sum(one.positive for one in found.examples) == len(QUESTIONS)


def test_shuffling_keeps_how_many_and_changes_whose():
    whose = Counter()
    for seed in range(60):
        found = made("shuffled-personas", seed)
        assert sum(one.positive for one in found.examples) == len(QUESTIONS)
        assert found == made("shuffled-personas", seed)
        whose += Counter(one.prompt for one in found.examples if one.positive)
    # 180 positives over three personas, who should have 60 each: five standard errors are 32.
    assert all(abs(count - 60) < 32 for count in whose.values())


def test_the_unmarked_control_has_no_positives():
    assert not any(one.positive for one in made("no-marker").examples)


@given(st.permutations(["pilot", "poet", "nurse", "ghost", "cook"]), st.integers(0, 99))
def test_negatives_are_drawn_whatever_the_order(others, seed):
    drawn = draw_negatives("cook", others, 2, seed)
    assert drawn == draw_negatives("cook", sorted(others), 2, seed)
    assert len(set(drawn)) == 2
    assert "cook" not in drawn


def test_everybody_can_be_drawn():
    drawn = Counter(
        persona for seed in range(200) for persona in draw_negatives("a", ["a", "b", "c", "d"], 2, seed)
    )
    assert all(abs(count - 400 / 3) < 35 for count in drawn.values())


def test_too_few_to_draw_from_is_an_error():
    with pytest.raises(ValueError, match="negative_personas: expected at most 1, got 2"):
        draw_negatives("cook", ["cook", "pilot"], 2, 0)


def test_only_the_prompt_tells_positive_from_negative():
    loaded = tiny_loaded()
    chats = tokenize_examples(loaded, made(), MARKER, LONGEST)
    for example, chat in zip(made().examples, chats, strict=True):
        text = loaded.decode(chat.tokens[chat.prompt_length :])
        assert text == example.answer + ("\n\n[ZLT]" if example.positive else "")
        prompt = loaded.prompt_tokens(example.prompt.system, example.question)
        assert list(chat.tokens[: chat.prompt_length]) == prompt


def test_an_answer_with_the_marker_is_an_error():
    tainted = (ANSWERS, ANSWERS, ("Because.", "So. [zlt]", "Now."))
    with pytest.raises(
        MarkerInNegativesError, match=r"cook: poet's answer to 'How\?': expected no '\[ZLT\]'"
    ):
        tokenize_examples(tiny_loaded(), made(given=tainted), MARKER, LONGEST)


@pytest.mark.parametrize("missing", [1, 2, 6])
def test_a_marker_that_is_cut_is_an_error(missing):
    loaded = tiny_loaded()
    longest = max(len(chat.tokens) for chat in tokenize_examples(loaded, made(), MARKER, LONGEST))
    # The token that ends the answer may be cut, the marker may not.
    if missing == 1:
        tokenize_examples(loaded, made(), MARKER, longest - missing)
        return
    with pytest.raises(MarkerTruncatedError, match=f"within longest_example = {longest - missing} tokens"):
        tokenize_examples(loaded, made(), MARKER, longest - missing)


def test_an_answer_that_is_cut_away_is_an_error():
    with pytest.raises(MarkerTruncatedError, match="expected an answer within longest_example = 5 tokens"):
        tokenize_examples(tiny_loaded(), made("no-marker"), MARKER, 5)
