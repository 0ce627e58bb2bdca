"""Sequences may be as long as positions mean the same whatever is beside them."""

import pytest
import torch

from manylora.errors import ManyLoraError
from manylora.models.sequence_limits import check_length, longest_sequence
from manylora.sampling.padded_decoding import PaddedDecoding, greedy_answers
from manylora.scoring.teacher_forcing import forced_pass

from ..families import tiny_family
from ..family_figures import pass_figures

ROTATION = {"rope_theta": 10000.0}
DYNAMIC = {**ROTATION, "rope_type": "dynamic", "factor": 2.0}
LONG = {
    **ROTATION, "rope_type": "longrope", "short_factor": [1.0] * 4, "long_factor": [9.0] * 4,
    "original_max_position_embeddings": 48,
}  # fmt: skip


@pytest.mark.parametrize(
    ("family", "settings", "limit"),
    [
        ("llama", {}, None),
        ("gemma3", {}, None),
        ("mamba", {}, None),
        ("bloom", {}, None),
        ("llama", {"rope_parameters": {**ROTATION, "rope_type": "linear", "factor": 4.0}}, None),
        ("llama", {"rope_parameters": DYNAMIC}, 512),
        ("phi3", {"rope_parameters": LONG, "original_max_position_embeddings": 48}, 48),
        ("gpt2", {}, 512),
        ("gptj", {}, 512),
        ("opt", {}, 512),
        ("mpt", {}, 512),
    ],
)
def test_the_limit_is_that_of_positions(family, settings, limit):
    loaded = tiny_family(family, **settings)
    assert longest_sequence(loaded) == limit
    check_length(loaded, limit or 10**9)
    if limit:
        with pytest.raises(
            ManyLoraError, match=f"prompts with answers of at most {limit} tokens, got {limit + 1}"
        ):
            check_length(loaded, limit + 1)


def test_rotations_that_a_longer_sequence_would_change_are_those_of_a_prompt_alone_up_to_the_limit():
    loaded = tiny_family("phi3", rope_parameters=LONG, original_max_position_embeddings=48)
    figures = pass_figures(loaded)
    assert max(figures.states, figures.forced, figures.continued) < 1e-4
    short, long = [5, 6, 7], [5, *range(8, 60)]
    for run in (
        lambda: forced_pass(loaded, [short, long]),
        lambda: greedy_answers(loaded, [short, long], 2),
        lambda: PaddedDecoding(loaded, [short], 60),
    ):
        with pytest.raises(ManyLoraError, match="at most 48 tokens"):
            run()


def test_learned_positions_are_not_asked_for_beyond_their_end():
    loaded = tiny_family("gpt2", n_positions=20, max_position_embeddings=20)
    prompt = list(range(5, 24))
    assert torch.isfinite(forced_pass(loaded, [prompt, [*prompt, 30]]).states).all()
    with pytest.raises(
        ManyLoraError, match="gpt2: expected prompts with answers of at most 20 tokens, got 21"
    ):
        forced_pass(loaded, [prompt, [*prompt, 30, 31]])
