"""Test of a call before it is captured as a CUDA graph: a failed capture is not to be recovered from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode

from manylora.attributes import replaced

#: Of operations whose result's shape, or what follows, depends on numbers in tensors.
_SYNCHRONISING = frozenset({torch.Tag.data_dependent_output, torch.Tag.dynamic_output_shape})
#: Which elements are taken depends on numbers where an index is a mask, and nowhere else.
_INDEXING = frozenset({"index", "index_put", "index_put_", "_index_put_impl_", "_unsafe_index"})


def is_capturable(function: Callable[..., Any], inputs: Sequence[torch.Tensor]) -> bool:
    """Tell if a call never synchronises with a GPU, by making it once and watching its operations.

    Experts that are run one by one, for as many tokens as are routed to each, wait. So might whatever fails
    when it is watched.
    """
    # Transformers goes other ways while a graph is captured.
    as_if_capturing = replaced(torch.cuda, is_current_stream_capturing=lambda: True)
    try:
        with as_if_capturing, _SynchronisationGuard():  # type: ignore[no-untyped-call]
            function(*inputs)
    except Exception:  # models raise what they like
        return False
    return True


class _SynchronisationGuard(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Raises an error at an operation that needs numbers on the CPU, or might."""

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        if _synchronises(func, args):
            raise RuntimeError(f"{func} needs numbers on the CPU")
        return func(*args, **(kwargs or {}))


def _synchronises(operation: Any, args: tuple[Any, ...]) -> bool:
    name = operation.overloadpacket.__name__
    if operation.namespace not in ("aten", "prims"):
        return True  # what others' operations do inside is not seen
    if name == "_grouped_mm":
        # Products of groups of rows are one kernel, or else one for each group.
        values = args[0]
        is_old = values.is_cuda and torch.cuda.get_device_capability(values.device) < (9, 0)
        return values.dtype != torch.bfloat16 or is_old
    if name in _INDEXING:
        masks = (torch.bool, torch.uint8)
        return any(isinstance(index, torch.Tensor) and index.dtype in masks for index in args[1])
    return not _SYNCHRONISING.isdisjoint(operation.tags)
