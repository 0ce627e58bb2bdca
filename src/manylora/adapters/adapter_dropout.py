"""Dropout of adapters' inputs, by random numbers that are computed from where they are used.

What is dropped depends on an adapter's seed, the step, the example in it, the position and the channel, and
on nothing else: not on which adapters are trained beside it, how a step is split into passes, or how far an
example is padded. A generator with a state could not do so (Salmon et al. 2011, "Parallel random numbers: as
easy as 1, 2, 3").
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

try:
    from manylora.kernels import adapter_dropout as kernel
except ImportError:  # no Triton, as on a machine without a GPU
    kernel = None  # type: ignore[assignment]

#: Multipliers and shifts of the finaliser of MurmurHash3 (Appleby, public domain), which mixes 32 bits.
MULTIPLIERS = (0x85EBCA6B - (1 << 32), 0xC2B2AE35 - (1 << 32))
SHIFTS = (16, 13)


class AdapterDropout:
    """Sets a share of the inputs of adapters to zero.

    Parameters
    ----------
    share : of the inputs that are dropped

    Attributes
    ----------
    token_keys : (adapters, rows, length, 1) int32, of the tokens that come next, where they are computed
    """

    def __init__(self, share: float) -> None:
        self.share = share
        self.token_keys = torch.empty(0)
        self._channel_keys: dict[tuple[int, ...], torch.Tensor] = {}

    def __call__(self, inputs: torch.Tensor, module: int) -> torch.Tensor:
        """Return inputs with a share of them zero, the others as they are.

        Parameters
        ----------
        inputs : (adapters, rows, length, width), or with rows and length as one dimension
        module : number of the module, as each drops others
        """
        if not self.share:
            return inputs
        channel_keys, bound = self.channel_keys([module], inputs.shape[-1], inputs.device)[0], self.bound
        if inputs.is_cuda and kernel is not None:
            return kernel.apply_dropout(inputs, self.token_keys, channel_keys, bound)
        mixed = self.token_keys.view(*inputs.shape[:-1], 1) + channel_keys
        for shift, multiplier in zip(SHIFTS, MULTIPLIERS, strict=True):
            # Shifts of signed numbers fill with the sign; the mask makes that zeros.
            mixed ^= (mixed >> shift) & ((1 << (32 - shift)) - 1)
            mixed *= multiplier
        return inputs.masked_fill(mixed < bound, 0)

    @property
    def bound(self) -> int:
        """Mixed keys below it drop."""
        return round(self.share * 2**32) - 2**31

    def channel_keys(self, modules: Sequence[int], width: int, device: torch.device) -> torch.Tensor:
        """Return a random number for every channel of modules' inputs, (modules, width) int32."""
        wanted = (*modules, width)
        if wanted not in self._channel_keys:
            keys = np.array([random_words((module,), width) for module in modules])
            self._channel_keys[wanted] = torch.from_numpy(keys).to(device)
        return self._channel_keys[wanted]


def token_keys(seeds: Sequence[Sequence[tuple[int, ...]]], length: int) -> torch.Tensor:
    """Return a random number for every token of each adapter's rows, (adapters, rows, length, 1) int32."""
    keys = np.array([[random_words(seed, length) for seed in row_seeds] for row_seeds in seeds])
    return torch.from_numpy(keys)[..., None]


def random_words(seed: tuple[int, ...], count: int) -> np.ndarray[tuple[int], np.dtype[np.int32]]:
    """Return 32-bit numbers that depend on a seed; the first of many are those of few."""
    return np.random.default_rng(seed).integers(-(2**31), 2**31, count, dtype=np.int32)
