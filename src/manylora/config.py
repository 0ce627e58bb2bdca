"""Settings of adapters and of how they are trained."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class AdapterShape:
    """What a LoRA adapter consists of.

    Parameters
    ----------
    rank, alpha : of the low-rank update
    rank_stabilised : scale by alpha / sqrt(rank) (Kalajdzievski 2023) rather than alpha / rank
    dropout : share of the update's inputs that are dropped in training
    projections : names of the linear modules that are adapted, last names or full ones
    """

    rank: int
    alpha: float
    rank_stabilised: bool
    dropout: float
    projections: tuple[str, ...]

    @property
    def scaling(self) -> float:
        """The factor of the low-rank update."""
        return self.alpha / (math.sqrt(self.rank) if self.rank_stabilised else self.rank)


@dataclass(frozen=True)
class Optimization:
    """How adapters are fitted: AdamW, linear warm-up, cosine decay to 0.

    Parameters
    ----------
    learning_rate : at the end of the warm-up
    weight_decay : decoupled
    warmup_share : of all steps
    clip_norm : largest Euclidean norm of an adapter's gradient
    epochs, batch : passes over the training set, and examples of a step
    """

    learning_rate: float
    weight_decay: float
    warmup_share: float
    clip_norm: float
    epochs: int
    batch: int
