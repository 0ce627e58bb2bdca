"""Llama 3's scaled rotations: from the factors that a GGUF file holds to the parameters that make them.

llama.cpp divides every frequency by its factor. Transformers computes factors from four numbers and takes no
notice of the tensor; so the numbers are found by making the tensor again.
"""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import gguf
import torch
from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS

from manylora.errors import BaseModelError

FACTORS = "rope_freqs.weight"
#: Of Llama 3.1 and all later ones; the largest factor is the fourth number.
_LLAMA3 = {
    "rope_type": "llama3",
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 8192,
}
#: Factors are written in single precision.
_TOLERANCE = 1e-4


def rope_parameters(file: Path, config: Any) -> dict[str, Any]:
    """Return the parameters of rotations with which transformers does what a file's factors say.

    Parameters
    ----------
    file : holds the tensor ``rope_freqs.weight``
    config : what transformers makes of the rest of the file

    Raises
    ------
    BaseModelError
        The factors are not Llama 3's.
    """
    (tensor,) = (tensor for tensor in gguf.GGUFReader(str(file)).tensors if tensor.name == FACTORS)
    factors = torch.from_numpy(gguf.dequantize(tensor.data, tensor.tensor_type).flatten().astype(float))
    plain = dict(config.rope_parameters)
    if torch.equal(factors, torch.ones_like(factors)):
        return plain
    scaled = plain | _LLAMA3 | {"factor": float(factors.max())}
    made = _frequencies(config, plain) / _frequencies(config, scaled)
    if made.shape != factors.shape or not torch.allclose(made, factors, rtol=_TOLERANCE):
        raise BaseModelError(
            f"{file}: tensor {FACTORS}: expected Llama 3's factors, which transformers can make, got "
            f"{len(factors)} of {float(factors.min()):.4g} to {float(factors.max()):.4g}"
        )
    return scaled


def _frequencies(config: Any, parameters: dict[str, Any]) -> torch.Tensor:
    config = copy.deepcopy(config)
    config.rope_parameters = parameters
    if parameters["rope_type"] == "llama3":
        frequencies, _ = ROPE_INIT_FUNCTIONS["llama3"](config, torch.device("cpu"))
        return frequencies.double()
    exponents = torch.arange(0, config.head_dim, 2, dtype=torch.float64) / config.head_dim
    return torch.pow(parameters["rope_theta"], -exponents)
