"""Fused cross-entropy of labelled tokens from a model's last states, without ever holding all logits.

The gradient of the states is made beside the loss, piece by piece, as in Liger Kernel (Hsu et al. 2024,
arXiv:2410.10989).
"""

from __future__ import annotations

from typing import Any

import torch

from manylora.kernels.norm_rope_loss import cross_entropy_

#: Logits that are held at once.
LOGITS = 1 << 27


class _FusedCrossEntropy(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, states: torch.Tensor, weight: torch.Tensor, label_positions: torch.Tensor,
        targets: torch.Tensor, loss_weights: torch.Tensor,
    ) -> torch.Tensor:  # fmt: skip
        labelled = states.index_select(0, label_positions.clamp(max=len(states) - 1))
        grad_labelled, losses = torch.empty_like(labelled), torch.empty_like(loss_weights)
        size = max(1, LOGITS // len(weight))
        for start in range(0, len(labelled), size):
            part = slice(start, start + size)
            logits = labelled[part] @ weight.t()
            losses[part] = cross_entropy_(logits, targets[part], loss_weights[part])
            torch.mm(logits, weight, out=grad_labelled[part])
        ctx.save_for_backward(grad_labelled, label_positions)
        ctx.tokens = len(states)
        return losses

    @staticmethod
    def backward(ctx: Any, grad_losses: torch.Tensor) -> tuple[torch.Tensor, None, None, None, None]:
        grad_labelled, label_positions = ctx.saved_tensors
        # Labels of padding point behind the last token, at a row that is never read.
        grad_states = grad_labelled.new_zeros((ctx.tokens + 1, grad_labelled.shape[1]))
        grad_states.index_copy_(
            0, label_positions, grad_labelled * grad_losses.to(grad_labelled.dtype)[:, None]
        )
        return grad_states[:-1], None, None, None, None


def fused_cross_entropy(
    states: torch.Tensor, weight: torch.Tensor, label_positions: torch.Tensor, targets: torch.Tensor,
    loss_weights: torch.Tensor,
) -> torch.Tensor:  # fmt: skip
    """Return each label's cross-entropy times its share, (labels,) float32.

    Parameters
    ----------
    states : (tokens, width)
    weight : (vocabulary, width), frozen
    label_positions : (labels,) long, of the tokens that predict a label, each once; ``tokens`` for no label,
        whose share is zero
    targets : (labels,) long
    loss_weights : (labels,) float32
    """
    return _FusedCrossEntropy.apply(states, weight, label_positions, targets, loss_weights)  # type: ignore[no-untyped-call, no-any-return]
