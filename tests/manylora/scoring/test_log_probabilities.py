"""Log-probabilities are the same however many examples and adapters are scored at once."""

import numpy as np
import pytest
import torch

from manylora.adapters.adapter_bank import with_adapters
from manylora.config import AdapterShape
from manylora.errors import NotEnoughMemoryError
from manylora.scoring import log_probabilities as module
from manylora.scoring.log_probabilities import attached_log_probabilities, log_probabilities
from manylora.scoring.teacher_forcing import forced_pass

from ..tiny_models import ALL_PROJECTIONS, random_adapter, tiny_loaded
from ..training.test_training import dialogues

SHAPE = AdapterShape(4, 8.0, True, 0.0, ALL_PROJECTIONS)
EXAMPLES = dialogues(7, count=5)


@pytest.fixture(scope="module")
def loaded():
    return tiny_loaded()


@pytest.fixture(scope="module")
def adapters(loaded):
    return [random_adapter(loaded, SHAPE, seed, size=0.1) for seed in range(3)]


@pytest.mark.parametrize("tokens_at_once", [1, 75, 8192])
def test_they_do_not_depend_on_what_is_scored_beside_them(loaded, adapters, tokens_at_once):
    together = log_probabilities(loaded, SHAPE, adapters, EXAMPLES, tokens_at_once=tokens_at_once)
    for weights, scores in zip(adapters, together, strict=True):
        for example, logs in zip(EXAMPLES, scores, strict=True):
            ((alone,),) = log_probabilities(loaded, SHAPE, [weights], [example])
            assert logs.shape == (len(example.tokens) - example.prompt_length,)
            np.testing.assert_allclose(logs, alone, atol=1e-5)


def test_those_of_the_base_model_are_those_of_a_forced_pass(loaded):
    (scores,) = log_probabilities(loaded, SHAPE, [], EXAMPLES)
    for example, logs in zip(EXAMPLES, scores, strict=True):
        prompt, answer = example.tokens[: example.prompt_length], example.tokens[example.prompt_length :]
        (distributions,) = forced_pass(loaded, [prompt], [answer]).log_probabilities
        np.testing.assert_allclose(logs, distributions[range(len(answer)), answer], atol=1e-5)


def test_nothing_to_score_is_nothing(loaded, adapters):
    assert log_probabilities(loaded, SHAPE, adapters, []) == [[], [], []]


def test_scoring_says_how_far_it_is(loaded, adapters):
    said = []
    log_probabilities(
        loaded,
        SHAPE,
        adapters,
        EXAMPLES,
        tokens_at_once=75,
        task="x",
        progress=lambda *args: said.append(args),
    )
    assert said == [("x", 2, 5), ("x", 4, 5), ("x", 5, 5)]


def test_full_memory_is_met_by_fewer_examples_or_one_clear_error(loaded, adapters, monkeypatch):
    expected, score = log_probabilities(loaded, SHAPE, adapters, EXAMPLES), module._score
    most = [6]

    def limited(loaded, examples):
        if sum(map(len, examples)) > most[0]:
            raise torch.OutOfMemoryError("as if")
        return score(loaded, examples)

    monkeypatch.setattr(module, "_score", limited)
    found = log_probabilities(loaded, SHAPE, adapters, EXAMPLES)
    for scores, others in zip(found, expected, strict=True):
        for logs, other in zip(scores, others, strict=True):
            np.testing.assert_allclose(logs, other, atol=1e-5)
    most[0] = 2
    with pytest.raises(NotEnoughMemoryError, match=r"one example of 1. tokens of each of 3 adapters on cpu"):
        log_probabilities(loaded, SHAPE, adapters, EXAMPLES)


@pytest.mark.parametrize("tokens_at_once", [1, 75, 8192])
def test_each_adapter_may_have_examples_of_its_own(loaded, adapters, tokens_at_once):
    examples = [dialogues(seed, count=4) for seed in (1, 2, 3)]
    with with_adapters(loaded, SHAPE, adapters):
        scores = attached_log_probabilities(loaded, examples, tokens_at_once=tokens_at_once)
    for weights, of_adapter, its_scores in zip(adapters, examples, scores, strict=True):
        (alone,) = log_probabilities(loaded, SHAPE, [weights], of_adapter)
        for expected, logs in zip(alone, its_scores, strict=True):
            np.testing.assert_allclose(logs, expected, atol=1e-5)


def test_adapters_have_equally_many_examples(loaded):
    with pytest.raises(ValueError, match=r"examples: expected equally many for each adapter, got \[4, 5\]"):
        attached_log_probabilities(loaded, [EXAMPLES, EXAMPLES[:4]])
