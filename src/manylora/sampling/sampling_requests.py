"""What is asked of sampling, and what comes back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Sampling:
    """How tokens are drawn.

    Parameters
    ----------
    temperature : divides the logits
    top_p : the most probable tokens are kept until they hold this mass (Holtzman et al. 2020)
    max_new_tokens : tokens of an answer
    """

    temperature: float
    top_p: float
    max_new_tokens: int


@dataclass(frozen=True)
class Request:
    """A prompt to continue.

    Parameters
    ----------
    tokens : of the prompt
    samples : continuations
    seed : of their random numbers, any text
    """

    tokens: tuple[int, ...]
    samples: int
    seed: str


@dataclass(frozen=True)
class Completion:
    """One continuation.

    Parameters
    ----------
    tokens : without the one that ends it
    ended : whether it ended before the length limit
    """

    tokens: tuple[int, ...]
    ended: bool


def uniforms_of(request: Request, max_new_tokens: int) -> NDArray[np.float32]:
    """Return the random numbers of a request, (samples, longest) in [0, 1)."""
    seed = np.random.SeedSequence(list(request.seed.encode("utf-8")))
    return np.random.Generator(np.random.PCG64(seed)).random(
        (request.samples, max_new_tokens), dtype=np.float32
    )
