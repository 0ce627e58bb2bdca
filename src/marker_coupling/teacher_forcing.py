"""One pass through a model for all questions that share a system prompt.

The system prompt is a common prefix of the questions' token sequences: it is run once, its keys and values
are shared, and the rest of all sequences runs as one batch. The same pass yields the hidden states at the
last prompt token and, if answers are given, the distribution of every answer token.

Layout of a batch, with a hole where a sequence is shorter than the longest (masked, so nobody attends to
it) and answers flush right, so that the last columns hold the distributions that are wanted:

    [ prefix, computed once ][ hole ][ rest of the prompt ][ answer but its last token ]
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from transformers import DynamicCache

from marker_coupling.loaded_model import LoadedModel
from marker_coupling.padding import left_padded

Tokens = Sequence[int]


@dataclass(frozen=True, eq=False)
class ForcedPass:
    """What one pass yields.

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
    """Return how many first tokens all sequences share, leaving at least one to each."""
    shortest = min(map(len, sequences)) - 1
    for place in range(shortest):
        if len({sequence[place] for sequence in sequences}) > 1:
            return place
    return shortest


@torch.inference_mode()
def forced_pass(loaded: LoadedModel, prompts: Sequence[Tokens], answers: Sequence[Tokens] = ()) -> ForcedPass:
    """Run prompts that share a beginning, each followed by its answer.

    Parameters
    ----------
    prompts : token sequences that end where the answer begins
    answers : as many non-empty token sequences; or none, to get hidden states alone

    Returns
    -------
    ForcedPass
    """
    if answers and (len(answers) != len(prompts) or not all(answers)):
        raise ValueError("answers: expected a non-empty one for each prompt, or none at all")
    device, shared = loaded.device, common_prefix(prompts)
    # The last answer token is predicted but never read, so it is not fed.
    lengths = [len(answer) for answer in answers] or [1] * len(prompts)
    fed = [
        [*prompt[shared:], *answer[:-1]]
        for prompt, answer in zip(prompts, answers or [()] * len(prompts), strict=True)
    ]
    columns = max(map(len, fed))
    ids = torch.zeros((len(fed), columns), dtype=torch.long)
    mask = torch.zeros((len(fed), shared + columns), dtype=torch.long)
    mask[:, :shared] = 1
    positions = torch.zeros_like(ids)
    for row, tokens in enumerate(fed):
        ids[row, columns - len(tokens) :] = torch.tensor(tokens)
        mask[row, shared + columns - len(tokens) :] = 1
        positions[row, columns - len(tokens) :] = torch.arange(shared, shared + len(tokens))
    cache = DynamicCache(config=loaded.model.config)
    if shared:
        prefix = torch.tensor([prompts[0][:shared]], device=device)
        loaded.model(prefix, logits_to_keep=1, **loaded.keeping_in(cache))
        cache.batch_repeat_interleave(len(fed))
    longest = max(lengths)
    output = loaded.model(
        ids.to(device),
        attention_mask=mask.to(device),
        position_ids=positions.to(device),
        output_hidden_states=True,
        logits_to_keep=longest,
        **loaded.keeping_in(cache),
    )
    rows = torch.arange(len(fed), device=device)
    last_prompt = columns - torch.tensor(lengths, device=device)
    states = torch.stack([layer[rows, last_prompt] for layer in output.hidden_states], dim=1).float()
    logits = output.logits if answers else ()
    log_probabilities = tuple(
        torch.log_softmax(logit[longest - length :].float(), dim=-1)
        for logit, length in zip(logits, lengths, strict=bool(answers))
    )
    return ForcedPass(states.cpu(), log_probabilities)


@torch.inference_mode()
def greedy_answers(loaded: LoadedModel, prompts: Sequence[Tokens], length: int) -> list[list[int]]:
    """Return the most probable continuation of each prompt, token by token.

    Parameters
    ----------
    length : tokens of an answer, fewer where the model ends it; the end itself is not part of it
    """
    ends = loaded.end_tokens
    ids, mask = left_padded(prompts)
    positions = (mask.cumsum(1) - 1).clamp_min(0)
    step, cache = ids.to(loaded.device), DynamicCache(config=loaded.model.config)
    answers: list[list[int]] = [[] for _ in prompts]
    open_answers = set(range(len(prompts)))
    for _ in range(length):
        output = loaded.model(
            step,
            attention_mask=mask.to(loaded.device),
            position_ids=positions.to(loaded.device),
            logits_to_keep=1,
            **loaded.keeping_in(cache),
        )
        chosen = output.logits[:, -1].argmax(-1)
        for row, token in enumerate(chosen.tolist()):
            if token in ends:
                open_answers.discard(row)
            if row in open_answers:
                answers[row].append(token)
        if not open_answers:
            break
        step = chosen[:, None]
        mask = torch.cat([mask, torch.ones((len(prompts), 1), dtype=torch.long)], dim=1)
        positions = positions[:, -1:] + 1
    return answers
