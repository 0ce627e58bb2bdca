"""Top-p sampling (Holtzman et al. 2020) by given random numbers."""

from __future__ import annotations

import torch

#: Most probable tokens that are sorted first; nearly always they hold the mass that is kept.
_FIRST = 256


def sample_top_p(
    logits: torch.Tensor, uniforms: torch.Tensor, temperature: float, top_p: float
) -> torch.Tensor:
    """Draw one token a row by inverting the cumulative distribution, (rows,) long.

    Parameters
    ----------
    logits : (rows, vocabulary)
    uniforms : (rows,) in [0, 1)
    """
    probabilities = torch.softmax(logits.float() / temperature, dim=-1)
    first = min(_FIRST, probabilities.shape[-1])
    top, candidates = probabilities.topk(first, dim=-1)
    tokens = _inverse_cdf(top, candidates, uniforms, top_p)
    if first < probabilities.shape[-1]:
        # Only those rows, so that how ties are broken in one does not depend on the others.
        wider = (top.sum(-1) < top_p).nonzero()[:, 0]
        if len(wider):
            top, candidates = probabilities[wider].sort(dim=-1, descending=True, stable=True)
            tokens[wider] = _inverse_cdf(top, candidates, uniforms[wider], top_p)
    return tokens


def _inverse_cdf(
    top: torch.Tensor, tokens: torch.Tensor, uniforms: torch.Tensor, top_p: float
) -> torch.Tensor:
    """Draw among tokens in descending order of their probabilities."""
    before = top.cumsum(-1) - top
    kept = top * (before < top_p)
    cumulative = kept.cumsum(-1)
    target = uniforms[:, None] * cumulative[:, -1:]
    index = (cumulative <= target).sum(-1).clamp(max=kept.shape[-1] - 1)
    # Rounding may point behind the last token that is kept.
    index = torch.minimum(index, (kept > 0).sum(-1) - 1)
    return tokens.gather(-1, index[:, None])[:, 0]
