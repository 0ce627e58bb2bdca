"""Cross-entropy of labelled tokens from a model's last states, on a GPU, without ever holding all logits.

The gradient of the states is made beside the loss, piece by piece, as in Liger Kernel (Hsu et al. 2024,
arXiv:2410.10989).
"""

from __future__ import annotations

from typing import Any

import torch

from manylora.kernels.rows import cross_entropy_

#: Logits that are held at once.
_LOGITS = 1 << 27


class _LabelledLosses(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, states: torch.Tensor, weight: torch.Tensor, places: torch.Tensor, targets: torch.Tensor,
        shares: torch.Tensor,
    ) -> torch.Tensor:  # fmt: skip
        labelled = states.index_select(0, places.clamp(max=len(states) - 1))
        gradient, losses = torch.empty_like(labelled), torch.empty_like(shares)
        size = max(1, _LOGITS // len(weight))
        for start in range(0, len(labelled), size):
            part = slice(start, start + size)
            logits = labelled[part] @ weight.t()
            losses[part] = cross_entropy_(logits, targets[part], shares[part])
            torch.mm(logits, weight, out=gradient[part])
        ctx.save_for_backward(gradient, places)
        ctx.tokens = len(states)
        return losses

    @staticmethod
    def backward(ctx: Any, of_losses: torch.Tensor) -> tuple[torch.Tensor, None, None, None, None]:
        gradient, places = ctx.saved_tensors
        # Labels that fill up point behind the last token, at a row that nobody reads.
        of_states = gradient.new_zeros((ctx.tokens + 1, gradient.shape[1]))
        of_states.index_copy_(0, places, gradient * of_losses.to(gradient.dtype)[:, None])
        return of_states[:-1], None, None, None, None


def labelled_losses(
    states: torch.Tensor, weight: torch.Tensor, places: torch.Tensor, targets: torch.Tensor,
    shares: torch.Tensor,
) -> torch.Tensor:  # fmt: skip
    """Return each label's cross-entropy times its share.

    Parameters
    ----------
    states : (tokens, width)
    weight : (vocabulary, width), frozen
    places : (labels,) long, of the tokens that predict a label, each once; ``tokens`` for no label, whose
        share is zero
    targets : (labels,) long
    shares : (labels,) float32

    Returns
    -------
    (labels,) float32
    """
    found: torch.Tensor = _LabelledLosses.apply(states, weight, places, targets, shares)  # type: ignore[no-untyped-call]
    return found
