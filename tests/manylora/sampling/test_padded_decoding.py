"""Prompts continued together are those continued alone, whichever rows go on."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from manylora.sampling.padded_decoding import PaddedDecoding, _attention, fast_decoding

from ..families import tiny_family
from ..tiny_models import tiny_loaded

TOKENS = st.integers(4, 99)
PROMPTS = st.lists(st.lists(TOKENS, min_size=1, max_size=14), min_size=1, max_size=4)
# Windows, chunks, learned positions, distances, states, and states beside windows.
FAMILIES = ["gemma3_text", "llama4_text", "gpt2", "mpt", "mamba", "lara_mini"]


@pytest.fixture(scope="module", params=FAMILIES)
def loaded(request):
    return tiny_family(request.param)


@settings(max_examples=6)
@given(PROMPTS, st.data())
def test_rows_that_are_chosen_and_repeated_go_on_as_alone(loaded, prompts, data):
    with torch.inference_mode():
        decoding, texts = PaddedDecoding(loaded, prompts, 4), [list(one) for one in prompts]
        for step in range(4):
            for logits, text in zip(decoding.logits, texts, strict=True):
                alone = loaded.model(torch.tensor([text]), use_cache=False).logits[0, -1]
                torch.testing.assert_close(logits, alone, atol=1e-4, rtol=1e-4)
            rows = data.draw(st.lists(st.integers(0, len(texts) - 1), min_size=1, max_size=4))
            decoding.select(torch.tensor(rows))
            texts = [list(texts[row]) for row in rows]
            if step < 3:
                new = data.draw(st.lists(TOKENS, min_size=len(rows), max_size=len(rows)))
                decoding.step(torch.tensor(new))
                for text, token in zip(texts, new, strict=True):
                    text.append(token)


def test_models_without_logits_to_keep_or_positions_are_continued(loaded):
    """The head sees one position of each prompt, whatever the model takes."""
    seen = []
    handle = loaded.model.get_output_embeddings().register_forward_hook(
        lambda _module, inputs, _output: seen.append(inputs[0].shape[:-1].numel())
    )
    with torch.inference_mode():
        PaddedDecoding(loaded, [[5, 6, 7, 8], [9], [10, 11]], 1).step(torch.tensor([12, 13, 14]))
    handle.remove()
    assert seen == [3, 3]


def test_a_new_token_attends_as_with_keys_repeated_for_every_head():
    generator = torch.Generator().manual_seed(0)
    query = torch.randn(3, 6, 1, 8, generator=generator)
    key, value = (torch.randn(3, 2, 5, 8, generator=generator) for _ in range(2))
    mask = torch.ones(3, 1, 1, 5, dtype=torch.bool)
    mask[1, :, :, :2] = False
    found, _ = _attention(torch.nn.Module(), query, key, value, mask, scaling=0.3)
    expected = torch.nn.functional.scaled_dot_product_attention(
        query, key.repeat_interleave(3, 1), value.repeat_interleave(3, 1), attn_mask=mask, scale=0.3
    )
    torch.testing.assert_close(found, expected.transpose(1, 2))


def test_a_model_on_a_cpu_is_left_as_it_is():
    loaded = tiny_loaded()
    before = loaded.model.config._attn_implementation
    with fast_decoding(loaded):
        assert loaded.model.config._attn_implementation == before
