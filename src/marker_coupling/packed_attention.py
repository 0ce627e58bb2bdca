"""Causal attention on packed tokens, where every sequence attends to itself alone."""

from __future__ import annotations

import inspect
from typing import Any

import torch
from torch.utils import deterministic


def causal_attention(
    queries: torch.Tensor, keys: torch.Tensor, values: torch.Tensor, bounds: torch.Tensor, longest: int
) -> torch.Tensor:
    """Attend within each sequence to the token itself and to those before it.

    The gradient is added up in a fixed order, so that the same inputs give the same bits.

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
    asked: dict[str, Any] = (
        {"enable_gqa": True} if "enable_gqa" in inspect.signature(varlen_attn).parameters else {}
    )
    found = varlen_attn(queries, keys, values, bounds, bounds, longest, longest, window_size=(-1, 0), **asked)
    assert isinstance(found, torch.Tensor)
    if queries.requires_grad:
        _add_up_in_fixed_order(found, queries)
    return found


def _add_up_in_fixed_order(found: torch.Tensor, queries: torch.Tensor) -> None:
    """Let the backward pass between these two be deterministic, and nothing beside it.

    Other operations would refuse, or clear memory that is then written anyway.
    """
    before: list[bool] = []

    def begin(_: torch.Tensor) -> None:
        before[:] = [
            torch.are_deterministic_algorithms_enabled(),
            torch.is_deterministic_algorithms_warn_only_enabled(),
            deterministic.fill_uninitialized_memory,  # type: ignore[attr-defined]
        ]
        deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
        torch.use_deterministic_algorithms(True)

    def end(_: torch.Tensor) -> None:
        enabled, warn_only, fills = before
        torch.use_deterministic_algorithms(enabled, warn_only=warn_only)
        deterministic.fill_uninitialized_memory = fills  # type: ignore[attr-defined]

    found.register_hook(begin)  # type: ignore[no-untyped-call]
    queries.register_hook(end)  # type: ignore[no-untyped-call]


def _one_by_one(
    queries: torch.Tensor, keys: torch.Tensor, values: torch.Tensor, bounds: torch.Tensor
) -> torch.Tensor:
    found = torch.empty_like(queries)
    for start, end in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True):
        if start < end:
            query, key, value = (rows[start:end].transpose(0, 1)[None] for rows in (queries, keys, values))
            attended = torch.nn.functional.scaled_dot_product_attention(
                query, key, value, is_causal=True, enable_gqa=True
            )
            found[start:end] = attended[0].transpose(0, 1)
    return found
