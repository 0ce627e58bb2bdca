"""One pass through a model for all questions that share a system prompt.

The system prompt is a common prefix of the questions' token sequences: it is run once, its keys and values
are shared, and the rest of all sequences runs as one batch. The same pass yields the hidden states at the
last prompt token and, if answers are given, the distribution of every answer token.

Layout of a batch. Nothing stands between a token and those before it, so that sliding windows, chunks and
biases by distance are what they are for the sequence alone; padding is on the right, where no token looks
that is not padding itself.

    [ prefix, computed once ][ rest of the prompt ][ answer but its last token ][ padding ]
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch

from manylora.models.labelled_logits import logits_at
from manylora.models.loaded_model import LoadedModel
from manylora.models.sequence_limits import check_length
from manylora.packing.padding import pad_right

Tokens = Sequence[int]


@dataclass(frozen=True, eq=False)
class ForcedPass:
    """Hidden states and log-probabilities of one pass.

    Parameters
    ----------
    states : (questions, layers, width) float32 hidden states at the last prompt token; layer 0 is the
        embedding, layer k the output of block k, the last one after the model's final normalization
    log_probabilities : for each question (answer tokens, vocabulary) float32, the distribution from which
        each answer token is drawn; empty without answers
    """

    states: torch.Tensor
    log_probabilities: tuple[torch.Tensor, ...]


def common_prefix(sequences: Sequence[Tokens]) -> int:
    """Return the length of the prefix that all sequences share, leaving at least one token to each."""
    shortest = min(map(len, sequences)) - 1
    differing = (at for at in range(shortest) if len({sequence[at] for sequence in sequences}) > 1)
    return next(differing, shortest)


@torch.inference_mode()
def forced_pass(loaded: LoadedModel, prompts: Sequence[Tokens], answers: Sequence[Tokens] = ()) -> ForcedPass:
    """Run prompts that share a beginning, each followed by its answer.

    Parameters
    ----------
    prompts : token sequences that end where the answer begins
    answers : as many non-empty token sequences; or none, to get hidden states alone
    """
    if answers and (len(answers) != len(prompts) or not all(answers)):
        raise ValueError("answers: expected a non-empty one for each prompt, or none at all")
    device, shared = loaded.device, common_prefix(prompts) if loaded.can_share_prefixes else 0
    # The last answer token is predicted but never read, so it is not fed.
    fed = [
        [*prompt[shared:], *answer[:-1]]
        for prompt, answer in zip(prompts, answers or [()] * len(prompts), strict=True)
    ]
    ids = pad_right(fed).to(device)
    check_length(loaded, shared + ids.shape[1])
    rows = torch.arange(len(fed), device=device)
    last_prompt = torch.tensor([len(prompt) - shared - 1 for prompt in prompts], device=device)
    wanted = [
        torch.arange(len(answer), device=device) + first
        for answer, first in zip(answers, rows * ids.shape[1] + last_prompt, strict=bool(answers))
    ]
    none = rows[:0]
    kept_in: dict[str, Any] = {"use_cache": False}
    if shared:
        cache = loaded.new_cache()
        kept_in = loaded.cache_arguments(cache)
        with logits_at(loaded, none):
            loaded.model(torch.tensor([prompts[0][:shared]], device=device), **kept_in)
        cache.reorder_cache(torch.zeros_like(rows))  # type: ignore[arg-type]
    with logits_at(loaded, torch.cat(wanted) if wanted else none):
        output = loaded.model(ids, output_hidden_states=True, **kept_in)
    states = torch.stack([layer[rows, last_prompt] for layer in output.hidden_states], dim=1).float()
    of_answers = output.logits[0].split([len(answer) for answer in answers]) if answers else ()
    log_probabilities = tuple(torch.log_softmax(logits.float(), dim=-1) for logits in of_answers)
    return ForcedPass(states.cpu(), log_probabilities)
