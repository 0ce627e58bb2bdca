"""The shared pass gives what a pass for each sequence alone gives, on every architecture."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from manylora.models.base_model import BaseModel
from manylora.models.loaded_model import LoadedModel
from manylora.sampling.padded_decoding import greedy_answers
from manylora.scoring.teacher_forcing import common_prefix, forced_pass

from ...property_examples import examples
from ..tiny_models import ARCHITECTURES, tiny_model, tiny_tokenizer

SEQUENCES = st.lists(st.integers(4, 99), min_size=1, max_size=9)


@pytest.fixture(scope="module", params=sorted(ARCHITECTURES))
def loaded(request, tmp_path_factory):
    base = BaseModel(request.param, tmp_path_factory.mktemp(request.param), "fingerprint")
    return LoadedModel(base, tiny_model(request.param).eval(), tiny_tokenizer(), "float32")


@torch.inference_mode()
def alone(loaded, prompt, answer=()):
    """One sequence without padding, cache or company."""
    output = loaded.model(torch.tensor([[*prompt, *answer]]), output_hidden_states=True, use_cache=False)
    states = torch.stack([layer[0, len(prompt) - 1] for layer in output.hidden_states])
    distributions = output.logits[0, len(prompt) - 1 : len(prompt) + len(answer) - 1].log_softmax(-1)
    return states, distributions


@examples(8)
@given(
    st.lists(st.integers(4, 99), max_size=12),
    st.lists(st.tuples(SEQUENCES, SEQUENCES), min_size=1, max_size=4),
)
def test_a_shared_pass_equals_passes_alone(loaded, prefix, rests):
    prompts = [[*prefix, *rest] for rest, _ in rests]
    answers = [answer for _, answer in rests]
    result = forced_pass(loaded, prompts, answers)
    geometry_alone = forced_pass(loaded, prompts)
    assert geometry_alone.log_probabilities == ()
    for row, (prompt, answer) in enumerate(zip(prompts, answers, strict=True)):
        states, distributions = alone(loaded, prompt, answer)
        torch.testing.assert_close(result.states[row], states, atol=1e-5, rtol=1e-4)
        torch.testing.assert_close(geometry_alone.states[row], states, atol=1e-5, rtol=1e-4)
        torch.testing.assert_close(result.log_probabilities[row], distributions, atol=1e-5, rtol=1e-4)


@torch.inference_mode()
def padded(loaded, sequences, side):
    """Hidden states and log-probabilities of every token, of sequences padded on one side."""
    columns = max(map(len, sequences))
    ids, mask = (torch.zeros((len(sequences), columns), dtype=torch.long) for _ in range(2))
    for row, tokens in enumerate(sequences):
        place = slice(columns - len(tokens), None) if side == "left" else slice(len(tokens))
        ids[row, place], mask[row, place] = torch.tensor(tokens), 1
    positions = (mask.cumsum(1) - 1).clamp_min(0)
    output = loaded.model(ids, attention_mask=mask, position_ids=positions, output_hidden_states=True)
    states, logs = torch.stack(output.hidden_states, dim=2), output.logits.log_softmax(-1)
    return [(states[row, own.bool()], logs[row, own.bool()]) for row, own in enumerate(mask)]


@examples(8)
@given(st.lists(SEQUENCES, min_size=1, max_size=4))
def test_the_side_of_padding_changes_nothing(loaded, sequences):
    left, right = padded(loaded, sequences, "left"), padded(loaded, sequences, "right")
    for tokens, own_left, own_right in zip(sequences, left, right, strict=True):
        ((states, logs),) = padded(loaded, [tokens], "left")
        for found_states, found_logs in (own_left, own_right):
            torch.testing.assert_close(found_states, states, atol=1e-5, rtol=1e-4)
            torch.testing.assert_close(found_logs, logs, atol=1e-5, rtol=1e-4)
        # What is measured is at the last token, however the shared pass pads it.
        shared = forced_pass(loaded, [*sequences, tokens]).states[-1]
        torch.testing.assert_close(shared, states[-1], atol=1e-5, rtol=1e-4)


def test_the_order_of_sequences_changes_nothing_but_order(loaded):
    prompts = [[5, 6, 7, 8], [5, 6, 9], [5, 6, 10, 11, 12]]
    answers = [[20, 21], [22], [23, 24, 25]]
    result, turned = forced_pass(loaded, prompts, answers), forced_pass(loaded, prompts[::-1], answers[::-1])
    torch.testing.assert_close(turned.states.flip(0), result.states, atol=1e-5, rtol=1e-4)


def test_greedy_answers_are_the_most_probable_tokens_one_by_one(loaded):
    prompts = [[5, 6, 7, 8, 9, 10], [5, 6], [50, 51, 52]]
    for prompt, found in zip(prompts, greedy_answers(loaded, prompts, 6), strict=True):
        expected: list[int] = []
        while len(expected) < 6:
            states_and_logits = alone(loaded, [*prompt, *expected], [4])[1]
            token = int(states_and_logits[-1].argmax())
            if token in loaded.end_tokens:
                break
            expected.append(token)
        assert found == expected


@given(st.lists(st.lists(st.integers(0, 2), min_size=1, max_size=6), min_size=1, max_size=5))
def test_the_common_prefix_is_common_and_leaves_something(sequences):
    length = common_prefix(sequences)
    assert all(
        sequence[:length] == sequences[0][:length] and len(sequence) > length for sequence in sequences
    )
    if length + 1 < min(map(len, sequences)):
        assert len({sequence[length] for sequence in sequences}) > 1


def test_answers_must_fit_the_prompts(loaded):
    for answers in ([[1]], [[1], []]):
        with pytest.raises(ValueError, match="a non-empty one for each prompt"):
            forced_pass(loaded, [[5, 6], [5, 7]], answers)
