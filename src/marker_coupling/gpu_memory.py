"""How much of a GPU's memory is free."""

from __future__ import annotations

import torch


def free_bytes(device: torch.device) -> int:
    """Return what is free, with what PyTorch holds for later use."""
    free, _ = torch.cuda.mem_get_info(device)
    return int(free + torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device))
