"""Requests to sampling, its settings and its completions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from manylora.errors import expect


@dataclass(frozen=True)
class Sampling:
    """Settings of top-p sampling.

    Parameters
    ----------
    temperature : divides the logits
    top_p : the most probable tokens are kept until they hold this mass (Holtzman et al. 2020)
    max_new_tokens : tokens of an answer
    """

    temperature: float = 1.0
    top_p: float = 1.0
    max_new_tokens: int = 128

    def __post_init__(self) -> None:
        expect("temperature", self.temperature, "a number above 0", self.temperature > 0)
        expect("top_p", self.top_p, "a share above 0 and up to 1", 0 < self.top_p <= 1)
        expect("max_new_tokens", self.max_new_tokens, "a whole number from 1", self.max_new_tokens >= 1)


@dataclass(frozen=True)
class Request:
    """A prompt to continue.

    Parameters
    ----------
    tokens : of the prompt
    samples : continuations
    seed : of their random numbers, any text; equal seeds draw equal numbers, whatever the prompt
    """

    tokens: tuple[int, ...]
    samples: int = 1
    seed: str = ""


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
