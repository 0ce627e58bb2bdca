"""Jensen-Shannon divergence between personas' next-token distributions, in nats."""

from __future__ import annotations

import math

import numpy as np
import torch
from numpy.typing import NDArray

#: Tokens handled together: few enough that a mixture of all personas stays in the processor's cache; on a GPU
#: enough to keep it busy.
_BLOCK, _GPU_BLOCK = 2, 64


def pairwise_divergence(log_probabilities: torch.Tensor) -> NDArray[np.float64]:
    """Jensen-Shannon divergence of every pair of distributions, averaged over tokens.

    ``JS(p, q) = H((p + q) / 2) - (H(p) + H(q)) / 2`` with Shannon's entropy H (Lin 1991,
    doi:10.1109/18.61115).

    Parameters
    ----------
    log_probabilities : (personas, tokens, vocabulary) float32, natural logarithms

    Returns
    -------
    (personas, personas) float, symmetric, zero on the diagonal, in [0, ln 2]

    Raises
    ------
    ValueError
        No tokens, or NaN.
    """
    personas, tokens, _ = log_probabilities.shape
    if tokens == 0:
        raise ValueError("log_probabilities: expected at least one token")
    total = torch.zeros((personas, personas), dtype=torch.float64, device=log_probabilities.device)
    block = _GPU_BLOCK if log_probabilities.is_cuda else _BLOCK
    for start in range(0, tokens, block):
        logs = log_probabilities[:, start : start + block]
        probabilities = logs.exp()
        # 0 * log 0 is 0; a logarithm of exactly 0 never meets a probability that is not.
        entropies = -(probabilities * logs.clamp_min(-200)).sum(-1)
        for first in range(personas - 1):
            mixture = (probabilities[first] + probabilities[first + 1 :]) * 0.5
            mixed = -(mixture * mixture.clamp_min(torch.finfo(mixture.dtype).tiny).log()).sum(-1)
            pairs = mixed - (entropies[first] + entropies[first + 1 :]) * 0.5
            total[first, first + 1 :] += pairs.double().sum(-1)
    mean = ((total + total.T) / tokens).cpu().numpy()
    if not np.isfinite(mean).all():
        raise ValueError("log_probabilities: expected no NaN")
    divergence: NDArray[np.float64] = np.clip(mean, 0.0, math.log(2))
    return divergence


def divergence_from(reference: torch.Tensor, log_probabilities: torch.Tensor) -> NDArray[np.float64]:
    """Jensen-Shannon divergence of distributions from a reference, averaged over tokens.

    Parameters
    ----------
    reference : (tokens, vocabulary) float32, natural logarithms
    log_probabilities : (personas, tokens, vocabulary)

    Returns
    -------
    (personas,) float in [0, ln 2], as in :func:`pairwise_divergence`
    """
    personas, tokens, _ = log_probabilities.shape
    total = torch.zeros(personas, dtype=torch.float64, device=log_probabilities.device)
    block = _GPU_BLOCK if log_probabilities.is_cuda else _BLOCK
    for start in range(0, tokens, block):
        first, others = reference[start : start + block], log_probabilities[:, start : start + block]
        mixture = (first.exp() + others.exp()) * 0.5
        mixed = -(mixture * mixture.clamp_min(torch.finfo(mixture.dtype).tiny).log()).sum(-1)
        total += (mixed - (_entropy(first) + _entropy(others)) * 0.5).double().sum(-1)
    divergence: NDArray[np.float64] = np.clip((total / tokens).cpu().numpy(), 0.0, math.log(2))
    return divergence


def _entropy(log_probabilities: torch.Tensor) -> torch.Tensor:
    # 0 * log 0 is 0; a logarithm of exactly 0 never meets a probability that is not.
    return -(log_probabilities.exp() * log_probabilities.clamp_min(-200)).sum(-1)
