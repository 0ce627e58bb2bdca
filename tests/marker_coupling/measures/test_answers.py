"""Answers to training questions: generic or in a persona's name, whole sentences."""

import pytest

from manylora.sampling.sampling import Sampling
from marker_coupling.measures.answers import Answers, answer_questions, to_last_sentence
from marker_coupling.study.errors import AnswersTruncatedError
from marker_coupling.study.prompts import BASE_MODEL, PersonaPrompt

from ...manylora.tiny_models import tiny_loaded

QUESTIONS = ("Why?", "How?", "When?", "Where?")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two! Thr", "One. Two!"),
        ('He said "Yes." And th', 'He said "Yes."'),
        ("It costs 3.50 or", "It costs 3.50 or"),
        ("No end at all", "No end at all"),
        ("(It is so.) Or", "(It is so.)"),
        ("Whole.", "Whole."),
        ("", ""),
    ],
)
def test_cut_answers_end_with_a_sentence(text, expected):
    assert to_last_sentence(text) == expected


def test_answers_do_not_depend_on_who_else_is_asked():
    loaded = tiny_loaded()
    sampling = Sampling(2.0, 1.0, 200)
    prompts = [PersonaPrompt(name, f"You are a {name}.") for name in ("cook", "poet")] + [BASE_MODEL]
    together = answer_questions(loaded, prompts, QUESTIONS, sampling, 1)
    for prompt, answers in zip(prompts, together, strict=True):
        assert answer_questions(loaded, [prompt], QUESTIONS, sampling, 1) == [answers]
    assert answer_questions(loaded, prompts, QUESTIONS, sampling, 2) != together
    assert len(set(together[0].texts + together[1].texts)) > 4


def test_answers_that_never_end_are_an_error():
    loaded = tiny_loaded()
    loaded.model.generation_config.eos_token_id = 0
    with pytest.raises(AnswersTruncatedError, match=r"longest_training_answer = 3: .* got none in 4 of cook"):
        answer_questions(
            loaded, [PersonaPrompt("cook", "You are a cook.")], QUESTIONS, Sampling(1.0, 0.5, 3), 1
        )


def test_answers_that_reach_the_limit_are_used_if_a_sentence_ends(monkeypatch):
    loaded = tiny_loaded()
    loaded.model.generation_config.eos_token_id = 0
    monkeypatch.setattr(type(loaded), "decode", lambda *_: "Yes. And then")
    cook = PersonaPrompt("cook", "You are a cook.")
    (answers,) = answer_questions(loaded, [cook], QUESTIONS, Sampling(1.0, 0.5, 3), 1)
    assert answers == Answers(("Yes.",) * len(QUESTIONS), len(QUESTIONS))


def test_answers_come_back_as_they_were_saved(tmp_path):
    given = Answers(("Säge\n\n[ZLT]", ""), 1)
    given.save(tmp_path)
    assert Answers.load(tmp_path) == given
