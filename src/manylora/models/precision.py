"""Precision of a base model's weights and passes."""

from __future__ import annotations

from typing import Literal

Precision = Literal["auto", "float32", "bfloat16"]
PRECISIONS: tuple[Precision, ...] = ("auto", "float32", "bfloat16")


def chosen_precision(precision: Precision, device: str) -> str:
    """Resolve ``"auto"``: bfloat16 on a GPU, float32 on a CPU, whatever the CPU can do.

    On CPUs bfloat16 would halve the time but round away part of what is measured, above all in the first
    layers, where prompts differ by little in a stream whose common part is large.
    """
    if precision != "auto":
        return precision
    return "bfloat16" if device.startswith("cuda") else "float32"
