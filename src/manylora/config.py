"""Settings of adapters and of how they are trained."""

from __future__ import annotations

import math
from dataclasses import dataclass

from manylora.errors import expect


@dataclass(frozen=True)
class AdapterShape:
    """Shape of a LoRA adapter; the defaults are PEFT's where it has any.

    Parameters
    ----------
    rank, alpha : of the low-rank update
    rank_stabilised : scale by alpha / sqrt(rank) (Kalajdzievski 2023) rather than alpha / rank
    dropout : share of the update's inputs that are dropped in training
    projections : names of the linear modules that are adapted, last names or full ones
    """

    rank: int
    alpha: float
    rank_stabilised: bool = False
    dropout: float = 0.0
    projections: tuple[str, ...] = ("q_proj", "k_proj", "v_proj", "o_proj")

    def __post_init__(self) -> None:
        expect("rank", self.rank, "a whole number from 1", self.rank >= 1)
        expect("dropout", self.dropout, "a share from 0 and below 1", 0 <= self.dropout < 1)
        expect("projections", self.projections, "names of modules", not isinstance(self.projections, str))

    @property
    def scaling(self) -> float:
        """The factor of the low-rank update."""
        return self.alpha / (math.sqrt(self.rank) if self.rank_stabilised else self.rank)


@dataclass(frozen=True)
class Optimization:
    """Optimizer and schedule: AdamW, linear warm-up, cosine decay to 0; defaults are those of transformers.

    Parameters
    ----------
    learning_rate : at the end of the warm-up
    weight_decay : decoupled
    warmup_share : of all steps
    clip_norm : largest Euclidean norm of an adapter's gradient
    epochs, batch : passes over the training set, and examples of a step
    """

    learning_rate: float
    weight_decay: float = 0.0
    warmup_share: float = 0.0
    clip_norm: float = 1.0
    epochs: int = 3
    batch: int = 8

    def __post_init__(self) -> None:
        expect("warmup_share", self.warmup_share, "a share from 0 to 1", 0 <= self.warmup_share <= 1)
        expect("epochs", self.epochs, "a whole number from 1", self.epochs >= 1)
        expect("batch", self.batch, "a whole number from 1", self.batch >= 1)
