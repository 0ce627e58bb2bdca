"""What a machine's matrix products reach, and which share of it training uses."""

from __future__ import annotations

import time

import torch


def matmul_flops(device, dtype):
    """Return the rate of a large square product, in floating-point operations a second, best of ten."""
    size = 8192 if device.startswith("cuda") else 2048
    first, second = (torch.randn(size, size, device=device, dtype=dtype) for _ in range(2))
    best = float("inf")
    for _ in range(10):
        _synchronise(device)
        started = time.perf_counter()
        first @ second
        _synchronise(device)
        best = min(best, time.perf_counter() - started)
    return 2 * size**3 / best


#: Floating-point operations of a token for each parameter: two in a forward pass, and where adapters are
#: trained two for the gradients of activations; the base's weights get none.
TRAINED, SAMPLED = 4, 2


def utilisation(loaded, tokens_per_s, operations):
    """Return the share of the measured ceiling that is used, by operations x parameters x tokens.

    Embeddings are looked up, not multiplied, unless they are the output's weights as well.
    """
    model = loaded.model
    parameters = sum(one.numel() for one in model.parameters() if one.ndim == 2)
    if not model.config.tie_word_embeddings:
        parameters -= model.get_input_embeddings().weight.numel()
    ceiling = matmul_flops(str(loaded.device), model.dtype)
    return operations * parameters * tokens_per_s / ceiling, ceiling


def _synchronise(device):
    if device.startswith("cuda"):
        torch.cuda.synchronize()
