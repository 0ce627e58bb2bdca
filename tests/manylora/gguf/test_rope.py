"""Llama 3's factors in a file are the parameters with which transformers makes them again."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from transformers import LlamaConfig
from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS

from manylora.errors import BaseModelError
from manylora.gguf.rope import FACTORS, rope_parameters

from ...property_examples import examples
from ..tiny_models import write_tiny_gguf
from .test_gguf_families import llama_cpp_factors

#: Head widths and bases with which some wavelength is beyond the context, so that some factor is the whole one.
ROTATIONS = st.sampled_from([(8, 5e5), (64, 1e4), (64, 5e5), (128, 5e5), (128, 1e6)])


def parameters(folder, factors, width, theta):
    values = np.asarray(factors, np.float32)
    file = write_tiny_gguf(folder / "m.gguf", more=lambda writer: writer.add_tensor(FACTORS, values))
    config = LlamaConfig(head_dim=width, rope_parameters={"rope_type": "default", "rope_theta": theta})
    return config, rope_parameters(file, config)


@examples(10)
@given(ROTATIONS, st.floats(2, 64))
def test_transformers_turns_by_what_llama_cpp_turns_by(tmp_path_factory, rotation, factor):
    width, theta = rotation
    factors = llama_cpp_factors(width, theta, factor)
    config, found = parameters(tmp_path_factory.mktemp("gguf"), factors, width, theta)
    assert found["rope_type"] == "llama3"
    assert found["factor"] == pytest.approx(factor, rel=1e-6)
    config.rope_parameters = found
    frequencies, _ = ROPE_INIT_FUNCTIONS["llama3"](config, torch.device("cpu"))
    expected = theta ** -(np.arange(0, width, 2) / width) / factors
    np.testing.assert_allclose(frequencies.numpy(), expected, rtol=1e-4)


@examples(5)
@given(ROTATIONS)
def test_factors_that_are_all_one_leave_the_parameters_as_they_are(tmp_path_factory, rotation):
    width, theta = rotation
    config, found = parameters(tmp_path_factory.mktemp("gguf"), np.ones(width // 2), width, theta)
    assert found == dict(config.rope_parameters)


@pytest.mark.parametrize("change", ["reversed", "one more", "a little other", "not finite"])
def test_other_factors_are_one_line_that_names_the_tensor(tmp_path, change):
    factors = llama_cpp_factors(64, 5e5, 8.0)
    factors = {
        "reversed": factors[::-1].copy(), "one more": np.append(factors, factors[-1]), "a little other": factors * 1.01,
        "not finite": np.where(factors > 7, np.inf, factors),
    }[change]  # fmt: skip
    expected = rf"m\.gguf: tensor {FACTORS}: expected Llama 3's factors, .* got {len(factors)} of "
    with pytest.raises(BaseModelError, match=expected):
        parameters(tmp_path, factors, 64, 5e5)
