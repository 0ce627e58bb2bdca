"""Causal attention on packed tokens, where every sequence attends to itself alone."""

from __future__ import annotations

import inspect

import torch


def causal_attention(
    queries: torch.Tensor, keys: torch.Tensor, values: torch.Tensor, bounds: torch.Tensor, longest: int
) -> torch.Tensor:
    """Attend within each sequence to the token itself and to those before it.

    Parameters
    ----------
    queries : (tokens, heads, width)
    keys, values : (tokens, heads, width), of as many heads or of fewer that several queries share
    bounds : (sequences + 1,) int32, where each sequence begins, and all the tokens' end; some may be empty
    longest : tokens of a sequence, or more

    Returns
    -------
    (tokens, heads, width)
    """
    if not queries.is_cuda:
        return _one_by_one(queries, keys, values, bounds)
    from torch.nn.attention.varlen import varlen_attn

    # PyTorch asks since 2.12 whether heads may differ; before, they just could.
    asked = {"enable_gqa": True} if "enable_gqa" in inspect.signature(varlen_attn).parameters else {}
    found = varlen_attn(queries, keys, values, bounds, bounds, longest, longest, window_size=(-1, 0), **asked)
    assert isinstance(found, torch.Tensor)
    return found


def _one_by_one(
    queries: torch.Tensor, keys: torch.Tensor, values: torch.Tensor, bounds: torch.Tensor
) -> torch.Tensor:
    found = torch.empty_like(queries)
    for start, end in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True):
        if start < end:
            own = [rows[start:end].transpose(0, 1)[None] for rows in (queries, keys, values)]
            attended = torch.nn.functional.scaled_dot_product_attention(*own, is_causal=True, enable_gqa=True)
            found[start:end] = attended[0].transpose(0, 1)
    return found
