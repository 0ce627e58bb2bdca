"""Check of a loaded model: prompts that are run together give what each gives alone.

Two unlike prompts of different lengths go through the shared pass and are continued token by token, as in a
measurement and in sampling, and are compared with plain passes of each alone, without cache and padding.
Longer prompts need no check of their own: nothing ever stands between a token and those before it, so that
windows, chunks and distances are beside others what they are alone.

How far results may differ. Batches of other shapes round differently, by some units of the model's precision.
A fault, such as a prefix that is forgotten or padding that is seen, changes a prompt's result about as much
as another prompt would. The bound between the two, as a share of the distance between both prompts' results,
is the square root of the precision's spacing at 1: half of the digits that the model computes in.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch

from marker_coupling.base_model import BaseModelError
from marker_coupling.loaded_model import LoadedModel
from marker_coupling.padded_decoding import PaddedDecoding
from marker_coupling.teacher_forcing import forced_pass

#: What base models may compute in; adapters are kept in float32 and computed in the same.
_PRECISIONS = {"float32": torch.float32, "bfloat16": torch.bfloat16}
#: Tokens that both prompts begin with, those that follow in each, and those of each answer.
_SHARED, _RESTS, _ANSWER = 10, (3, 11), 3


def check_model(loaded: LoadedModel) -> None:
    """Check that a model can be measured, trained and sampled here.

    Raises
    ------
    BaseModelError
        Weights are quantized, or a result depends on what is computed beside it.
    """
    check_weight_types(loaded)
    check_passes(loaded)


def check_weight_types(loaded: LoadedModel) -> None:
    """Check that weights are numbers that gradients can pass.

    Raises
    ------
    BaseModelError
        They are quantized, to 4 or 8 bits for instance.
    """
    for name, weight in loaded.model.named_parameters():
        if not weight.is_floating_point() or weight.dtype.itemsize < 2:
            raise BaseModelError(
                f"{loaded.base.name}: expected weights in {' or '.join(_PRECISIONS)}, "
                f"got {str(weight.dtype).removeprefix('torch.')} in {name}: no quantized model is supported"
            )


def probe_tokens(loaded: LoadedModel, count: int) -> list[int]:
    """Return different tokens from the middle of the vocabulary, where no special ones are."""
    vocabulary = int(loaded.model.get_input_embeddings().weight.shape[0])
    return [vocabulary // 4 + 7 * place % max(1, vocabulary // 2) for place in range(count)]


@torch.inference_mode()
def check_passes(loaded: LoadedModel) -> None:
    """Compare prompts that are run together with each alone.

    Raises
    ------
    BaseModelError
        They differ by more than rounding, or the model cannot be run so.
    """
    name = loaded.base.name
    with _refused(name, "a decoder that gives hidden states of every block and logits of every token"):
        tokens = iter(probe_tokens(loaded, _SHARED + sum(_RESTS) + len(_RESTS) * _ANSWER))
        shared = _taken(tokens, _SHARED)
        prompts = [[*shared, *_taken(tokens, rest)] for rest in _RESTS]
        answers = [_taken(tokens, _ANSWER) for _ in _RESTS]
        states, logs = _alone(loaded, prompts, answers)
    with _refused(name, "a decoder that goes on from a shared prefix"):
        forced = forced_pass(loaded, prompts, answers)
    forced_logs = torch.stack(list(forced.log_probabilities)).cpu()
    _compare(loaded, "hidden states", forced.states, states)
    _compare(loaded, "next-token probabilities", forced_logs.flatten(1)[:, None], logs.flatten(1)[:, None])
    with _refused(name, "a decoder whose cache of several prompts can be divided"):
        continued = _continued(loaded, prompts, answers)
    _compare(
        loaded,
        "next-token probabilities in sampling",
        continued.flatten(1)[:, None],
        logs.flatten(1)[:, None],
    )


def _taken(tokens: Iterator[int], count: int) -> list[int]:
    return [next(tokens) for _ in range(count)]


def _alone(
    loaded: LoadedModel, prompts: Sequence[list[int]], answers: Sequence[list[int]]
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return hidden states (prompts, layers, width) and log-probabilities (prompts, answer, vocabulary)."""
    found_states, found_logs = [], []
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
        found_states.append(torch.stack([layer[0, last] for layer in output.hidden_states]).float().cpu())
        found_logs.append(output.logits[0, last:].float().log_softmax(-1).cpu())
    return torch.stack(found_states), torch.stack(found_logs)


def _continued(
    loaded: LoadedModel, prompts: Sequence[list[int]], answers: Sequence[list[int]]
) -> torch.Tensor:
    """Return log-probabilities of answers that are given token by token, (prompts, answer, vocabulary).

    On the way every row is held twice, and then one of each, in another order.
    """
    decoding = PaddedDecoding(loaded, prompts, _ANSWER)
    rows = torch.arange(len(prompts), device=loaded.device)
    found = [decoding.logits]
    decoding.select(rows.repeat_interleave(2))
    given = torch.tensor(answers, device=loaded.device)
    decoding.step(given[:, 0].repeat_interleave(2))
    found.append(decoding.logits[::2])
    decoding.select(2 * rows.flip(0) + 1)
    for place in range(1, _ANSWER - 1):
        decoding.step(given[:, place].flip(0))
        found.append(decoding.logits.flip(0))
    return torch.stack(found, dim=1).float().log_softmax(-1).cpu()


def _compare(loaded: LoadedModel, what: str, found: torch.Tensor, alone: torch.Tensor) -> None:
    """Raise an error if results differ from those alone, (prompts, layers, numbers) each, beyond rounding."""
    spread = (alone[0] - alone[1]).norm(dim=-1)
    # What tells the prompts nothing apart, such as the embedding of the same token, is held to its own size.
    scale = torch.where(spread > 0, spread, alone[0].norm(dim=-1)).clamp_min(torch.finfo(torch.float32).tiny)
    shares = ((found - alone).norm(dim=-1) / scale).square().mean(dim=-1).sqrt()
    largest = float(shares.max())
    if not largest <= tolerance(loaded):  # nor if it is not a number
        hint = "" if loaded.precision == "float32" else "; --precision float32 rounds less"
        raise BaseModelError(
            f"{loaded.base.name}: expected a decoder whose {what} do not depend on what is computed beside a "
            f"prompt; they differ by {largest:.2g} times what tells two prompts apart{hint}"
        )


def tolerance(loaded: LoadedModel) -> float:
    """Return the share of the distance between two prompts' results that rounding may make."""
    return float(torch.finfo(loaded.model.dtype).eps ** 0.5)


@contextmanager
def _refused(name: str, expected: str) -> Iterator[None]:
    try:
        yield
    except (MemoryError, torch.OutOfMemoryError):
        raise
    except Exception as error:  # models raise what they like
        reason = f"{type(error).__name__}: {' '.join(str(error).split()):.160}"
        raise BaseModelError(f"{name}: expected {expected}: {reason}") from error
