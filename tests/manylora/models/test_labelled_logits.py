"""Logits of labelled positions are those of a pass without padding, and no others are computed."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from manylora.chats.chat import TokenizedChat
from manylora.models.labelled_logits import answer_labels, labelled_logits, packed_label_positions
from manylora.packing.packing import pack
from manylora.packing.padding import pad_right

from ...property_examples import examples
from ..tiny_models import ARCHITECTURES, tiny_loaded

SEQUENCES = st.lists(st.lists(st.integers(4, 99), min_size=1, max_size=10), min_size=1, max_size=4)


@pytest.fixture(scope="module", params=sorted(ARCHITECTURES))
def loaded(request):
    return tiny_loaded(request.param)


@examples(8)
@given(SEQUENCES, st.data())
@torch.inference_mode()
def test_they_are_those_without_padding_row_by_row(loaded, sequences, data):
    ids = pad_right(sequences)
    wanted = torch.zeros_like(ids, dtype=torch.bool)
    for row, tokens in enumerate(sequences):
        chosen = data.draw(st.lists(st.booleans(), min_size=len(tokens), max_size=len(tokens)))
        wanted[row, : len(tokens)] = torch.tensor(chosen)
    alone = [loaded.model(torch.tensor([tokens])).logits[0] for tokens in sequences]
    expected = torch.cat([logits[own[: len(logits)]] for logits, own in zip(alone, wanted, strict=True)])
    found = labelled_logits(loaded, ids, wanted.flatten().nonzero()[:, 0])
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-4)


def test_only_positions_with_labels_pay_for_the_vocabulary(loaded):
    head, seen = loaded.model.get_output_embeddings(), []
    handle = head.register_forward_hook(lambda module, inputs, output: seen.append(tuple(output.shape)))
    try:
        labelled_logits(loaded, torch.full((3, 7), 9), torch.tensor([2, 19]))
    finally:
        handle.remove()
    assert seen == [(1, 2, 100)]


def test_the_model_is_as_before_even_after_a_failure(loaded):
    ids = torch.full((1, 4), 9)
    with pytest.raises((IndexError, RuntimeError)):
        labelled_logits(loaded, ids, torch.tensor([4]))
    assert loaded.model(ids).logits.shape == (1, 4, 100)


@examples(20)
@given(st.lists(st.tuples(st.integers(1, 6), st.integers(1, 5)), min_size=1, max_size=5))
def test_packed_labels_are_those_of_padded_rows(lengths):
    rows = [TokenizedChat(tuple(range(4, 4 + prompt + answer)), prompt) for prompt, answer in lengths]
    packing = pack([[row.tokens for row in rows]])
    packed = packed_label_positions(packing.starts.tolist(), rows)
    ids = pad_right([row.tokens for row in rows])
    padded, targets = answer_labels(ids, rows)
    torch.testing.assert_close(packing.ids[packed], ids.flatten()[padded])
    torch.testing.assert_close(packing.ids[packed + 1], targets)
