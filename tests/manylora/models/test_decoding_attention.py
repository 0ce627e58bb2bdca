"""Attention of one new token, with heads that share keys as queries of one head."""

import torch

from manylora.models.decoding_attention import _attention, fast_decoding

from ..tiny_models import tiny_loaded


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
