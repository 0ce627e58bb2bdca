"""Forced probabilities are those that a peft model gives, token by token."""

import pytest
import torch

from manylora.chats.chat import Chat
from manylora.config import AdapterShape
from marker_coupling.measures.marker_probability import marked_ends, marker_probabilities

from ...manylora.tiny_models import ALL_PROJECTIONS, peft_model, random_adapter, tiny_loaded

SHAPE = AdapterShape(4, 8.0, True, 0.0, ALL_PROJECTIONS)
CHATS = [
    Chat("You are a cook.", "Why?", "Because."),
    Chat("You are a poet.", "How?", "In a long and winding way."),
]


@pytest.mark.parametrize("tokens_at_once", [1, 8192])
@torch.inference_mode()
def test_probabilities_are_products_over_the_separator_and_the_marker(tokens_at_once):
    loaded = tiny_loaded()
    adapters = [random_adapter(loaded, SHAPE, seed, size=0.1) for seed in range(3)]
    ends = marked_ends(loaded, CHATS, "[ZLT]")
    for end in ends:
        assert loaded.decode(end.tokens[end.prompt_length :]) == "\n\n[ZLT]"
    found = marker_probabilities(loaded, SHAPE, adapters, ends, tokens_at_once=tokens_at_once)
    assert found.shape == (3, 2)
    for weights, row in zip(adapters, found, strict=True):
        alone = peft_model(loaded, SHAPE, weights)
        for end, probability in zip(ends, row, strict=True):
            each = alone(torch.tensor([end.tokens])).logits[0].double().softmax(-1)
            expected = 1.0
            for place in range(end.prompt_length, len(end.tokens)):
                expected *= float(each[place - 1, end.tokens[place]])
            assert probability == pytest.approx(expected, rel=1e-4)
