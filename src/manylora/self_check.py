"""Check of a loaded model: prompts that are run together give what each gives alone.

Two unlike prompts of different lengths go through the shared pass and are continued token by token, as in a
measurement and in sampling, and are compared with plain passes of each alone, without cache and padding.
Longer prompts need no check of their own: nothing ever stands between a token and those before it, so that
windows, chunks and distances are beside others what they are alone. Only a cache may forget too much beyond a
window, so that windows are made shorter than the prompts while these are compared.

How far results may differ. Batches of other shapes round differently, by some units of the precision. A
fault, such as a prefix that is forgotten or padding that is seen, changes a prompt's result about as much as
another prompt would. The bound between the two, as a share of the distance between both prompts' results, is
the square root of the precision's spacing at 1: half of its digits. A model in 16 bits is compared in float32
as well, and that decides: rounding may send a token to another expert in 16 bits.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import AbstractContextManager, suppress
from itertools import islice

import torch

from manylora.attributes import replaced
from manylora.errors import BaseModelError, reworded
from manylora.models.base_model import PRECISIONS
from manylora.models.float32_passes import float32_passes
from manylora.models.loaded_model import LoadedModel
from manylora.sampling.padded_decoding import PaddedDecoding
from manylora.scoring.teacher_forcing import forced_pass

#: Settings of windows and chunks, and their size while prompts are compared.
_WINDOWS, _WINDOW = ("sliding_window", "attention_chunk_size"), 5
#: Tokens that both prompts begin with, those that follow in each, and those of each answer.
_SHARED, _RESTS, _ANSWER = 6, (2, 7), 2


def check_model(loaded: LoadedModel) -> None:
    """Check that a model can be measured, trained and sampled here.

    Raises
    ------
    BaseModelError
        Weights are quantized, or a result depends on what is computed beside it.
    """
    for name, weight in loaded.model.named_parameters():
        # Gradients do not pass weights in 4 or 8 bits.
        if not weight.is_floating_point() or weight.dtype.itemsize < 2:
            got = f"{str(weight.dtype).removeprefix('torch.')} in {name}: no quantized model is supported"
            expected = f"expected weights in {' or '.join(PRECISIONS[1:])}"
            raise BaseModelError(f"{loaded.base.name}: {expected}, got {got}")
    _check_passes(loaded)


@torch.inference_mode()
def _check_passes(loaded: LoadedModel) -> None:
    """Compare prompts that are run together with each alone, which may differ by rounding."""
    if not isinstance(loaded.model.get_output_embeddings(), torch.nn.Module):
        raise BaseModelError(f"{loaded.base.name}: expected a decoder with an output embedding")
    with _short_windows(loaded):
        raw = _differences(loaded)
        differences, dtype = raw, loaded.dtype
        if dtype != torch.float32:
            # A model that cannot be cast is held to what its own precision tells.
            with suppress(BaseModelError, torch.OutOfMemoryError), float32_passes(loaded.model):
                differences, dtype = _differences(loaded), torch.float32
    bound = half_of_digits(dtype)
    for what, difference in differences.items():
        if not (difference <= bound and math.isfinite(raw[what])):
            raise BaseModelError(
                f"{loaded.base.name}: expected a decoder whose {what} do not depend on what is run beside a "
                f"prompt; they differ by {difference:.2g} times what tells two prompts apart"
            )


def half_of_digits(dtype: torch.dtype) -> float:
    """Return the share of the distance between two prompts' results that rounding may make in a precision."""
    return float(torch.finfo(dtype).eps ** 0.5)


def _differences(loaded: LoadedModel) -> dict[str, float]:
    """Return the largest differences between prompts together and alone, by what differs."""
    name = loaded.base.name
    with _refused(name, "a decoder that gives hidden states of every block and logits of every token"):
        tokens = iter(loaded.probe_tokens(_SHARED + sum(_RESTS) + len(_RESTS) * _ANSWER))
        shared = [*islice(tokens, _SHARED)]
        prompts = [[*shared, *islice(tokens, rest)] for rest in _RESTS]
        answers = [[*islice(tokens, _ANSWER)] for _ in _RESTS]
        states, logs = _alone(loaded, prompts, answers)
    with _refused(name, "a decoder that goes on from a shared prefix"):
        forced = forced_pass(loaded, prompts, answers)
    with _refused(name, "a decoder whose cache of several prompts can be divided"):
        continued = _continued(loaded, prompts, answers)
    forced_logs, logs = torch.stack(forced.log_probabilities).cpu().flatten(1), logs.flatten(1)
    return {
        "hidden states": _difference(forced.states, states),
        "next-token probabilities": _difference(forced_logs[:, None], logs[:, None]),
        "next-token probabilities in sampling": _difference(continued.flatten(1)[:, None], logs[:, None]),
    }


def _short_windows(loaded: LoadedModel) -> AbstractContextManager[None]:
    """Make windows and chunks shorter than the prompts, by settings that masks and caches read each time."""
    config = loaded.model.config.get_text_config()
    windows = {name: getattr(config, name, None) for name in _WINDOWS}
    longer = [name for name, size in windows.items() if isinstance(size, int) and size > _WINDOW]
    return replaced(config, **dict.fromkeys(longer, _WINDOW))


def _alone(
    loaded: LoadedModel, prompts: Sequence[list[int]], answers: Sequence[list[int]]
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return hidden states (prompts, layers, width) and log-probabilities (prompts, answer, vocabulary)."""
    states, logs = [], []
    for prompt, answer in zip(prompts, answers, strict=True):
        ids = torch.tensor([[*prompt, *answer[:-1]]], device=loaded.device)
        output = loaded.model(ids, output_hidden_states=True, use_cache=False)
        layers = [tuple(layer.shape[:2]) for layer in output.hidden_states]
        if layers != [tuple(ids.shape)] * (loaded.blocks + 1):
            raise ValueError(
                f"{len(layers)} hidden states, one of shape {tuple(output.hidden_states[0].shape)}, of "
                f"{ids.shape[1]} tokens in {loaded.blocks} blocks"
            )
        last = len(prompt) - 1
        states.append(torch.stack([layer[0, last] for layer in output.hidden_states]).float().cpu())
        logs.append(output.logits[0, last:].float().log_softmax(-1).cpu())
    return torch.stack(states), torch.stack(logs)


def _continued(
    loaded: LoadedModel, prompts: Sequence[list[int]], answers: Sequence[list[int]]
) -> torch.Tensor:
    """Return log-probabilities of answers that are given token by token, (prompts, answer, vocabulary).

    On the way every row is held twice, and in another order.
    """
    decoding = PaddedDecoding(loaded, prompts, _ANSWER)
    logits = [decoding.logits]
    rows = torch.arange(len(prompts), device=loaded.device).flip(0).repeat_interleave(2)
    decoding.select(rows)
    for given in torch.tensor(answers, device=loaded.device).T[:-1]:
        decoding.step(given[rows])
        logits.append(decoding.logits.flip(0)[::2])
    return torch.stack(logits, dim=1).float().log_softmax(-1).cpu()


def _difference(together: torch.Tensor, alone: torch.Tensor) -> float:
    """Return how far results are from those alone, (prompts, layers, numbers) each, over all layers.

    Layer by layer it is a share of the distance between the two prompts' results.
    """
    spread = (alone[0] - alone[1]).norm(dim=-1)
    # What tells the prompts nothing apart, such as the embedding of the same token, is held to its own size.
    scale = torch.where(spread > 0, spread, alone[0].norm(dim=-1)).clamp_min(torch.finfo(torch.float32).tiny)
    return float(((together - alone).norm(dim=-1) / scale).square().mean(dim=-1).sqrt().max())


def _refused(name: str, expected: str) -> AbstractContextManager[None]:
    """Return a context in which a model may raise what it likes."""
    expected = f"{name}: expected {expected}"
    return reworded(BaseModelError, expected, torch.OutOfMemoryError, names_type=True)
