"""The preallocated cache holds what transformers' own holds, and copies only where rows change."""

import torch
from hypothesis import given
from hypothesis import strategies as st
from transformers.cache_utils import DynamicLayer, DynamicSlidingWindowLayer

from manylora.sampling.preallocated_cache import PreallocatedLayer, preallocated_cache

from ..families import tiny_family
from ..tiny_models import tiny_loaded

STEPS = st.lists(
    st.one_of(st.integers(1, 4), st.lists(st.integers(0, 1), min_size=2, max_size=2)), min_size=1, max_size=8
)


@given(STEPS, st.integers(1, 12))
def test_keys_and_values_are_those_of_the_dynamic_layer(steps, max_length):
    ours, theirs = PreallocatedLayer(max_length), DynamicLayer()
    for index, step in enumerate(steps):
        if isinstance(step, int):
            new = [torch.full((2, 3, step, 4), 10.0 * index + half) for half in (0, 1)]
            for found, expected in zip(ours.update(*new), theirs.update(*new), strict=True):
                assert torch.equal(found, expected)
        elif ours.is_initialized:
            ours.reorder_cache(torch.tensor(step))
            theirs.reorder_cache(torch.tensor(step))
            assert torch.equal(ours.keys, theirs.keys)


def test_tokens_within_the_length_are_written_in_place():
    layer, token = PreallocatedLayer(5), torch.ones(2, 3, 1, 4)
    addresses = {layer.update(token, token)[0].data_ptr() for _ in range(5)}
    assert len(addresses) == 1
    assert layer.update(token, token)[0].data_ptr() not in addresses


def test_layers_that_forget_keep_transformers_own():
    assert {type(layer) for layer in preallocated_cache(tiny_loaded(), 9).layers} == {PreallocatedLayer}
    windowed = preallocated_cache(tiny_family("gemma3_text"), 9)
    assert {type(layer) for layer in windowed.layers} == {PreallocatedLayer, DynamicSlidingWindowLayer}
