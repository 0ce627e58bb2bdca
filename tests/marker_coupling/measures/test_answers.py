"""Answers to training questions: generic or in a persona's name, whole sentences."""

import pytest

from manylora.sampling.sampling import Sampling
from marker_coupling.measures.answers import NOBODY, Answers, answers, to_last_sentence
from marker_coupling.study.errors import AnswersTruncatedError

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
    prompts = {"cook": "You are a cook.", "poet": "You are a poet.", NOBODY: None}
    together = answers(loaded, prompts, QUESTIONS, sampling, 1)
    assert list(together) == list(prompts)
    for name, prompt in prompts.items():
        assert answers(loaded, {name: prompt}, QUESTIONS, sampling, 1)[name] == together[name]
    assert answers(loaded, prompts, QUESTIONS, sampling, 2) != together
    assert len(set(together["cook"].texts + together["poet"].texts)) > 4


def test_answers_that_never_end_are_an_error():
    loaded = tiny_loaded()
    loaded.model.generation_config.eos_token_id = 0
    with pytest.raises(AnswersTruncatedError, match=r"longest_training_answer = 3: .* got none in 4 of cook"):
        answers(loaded, {"cook": "You are a cook."}, QUESTIONS, Sampling(1.0, 0.5, 3), 1)


def test_answers_come_back_as_they_were_saved(tmp_path):
    given = Answers(("Säge\n\n[ZLT]", ""), 1)
    given.save(tmp_path)
    assert Answers.load(tmp_path) == given
