"""Tokens are drawn in their shares of the mass that top-p sampling keeps."""

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from manylora.sampling.top_p import sample_top_p

from ...property_examples import examples


def kept_distribution(logits, temperature, top_p):
    """Nucleus sampling as its paper says, in numpy."""
    scaled = logits.astype(np.float64) / temperature
    probabilities = np.exp(scaled - scaled.max())
    probabilities /= probabilities.sum()
    order = np.argsort(-probabilities, kind="stable")
    cumulative = np.cumsum(probabilities[order])
    count = int(np.searchsorted(cumulative, top_p - 1e-7)) + 1
    kept = np.zeros_like(probabilities)
    kept[order[:count]] = probabilities[order[:count]]
    return kept / kept.sum()


@examples(60)
@given(
    st.lists(st.floats(-8, 8, width=32), min_size=2, max_size=40),
    st.floats(0.1, 3), st.floats(0.05, 1), st.integers(0, 1000),
)  # fmt: skip
def test_only_tokens_that_are_kept_are_drawn_each_in_its_share(logits, temperature, top_p, seed):
    uniforms = (np.arange(2000) + np.random.default_rng(seed).random()) / 2000
    rows = torch.tensor(logits).expand(2000, -1)
    drawn = sample_top_p(rows, torch.tensor(uniforms, dtype=torch.float32), temperature, top_p).numpy()
    shares = np.bincount(drawn, minlength=len(logits)) / 2000
    probabilities = kept_distribution(np.array(logits, dtype=np.float32), temperature, 1.0)
    order = np.sort(probabilities)[::-1]
    near = np.isclose(np.cumsum(order) - order, top_p, atol=1e-5).any()
    tied = (np.diff(np.sort(logits)) < 1e-4).any()
    if not near and not tied:  # else rounding decides who is kept
        kept = kept_distribution(np.array(logits, dtype=np.float32), temperature, top_p)
        # Evenly spread numbers hit every interval as often as it is long, but for its two ends.
        assert np.abs(shares - kept).max() <= 2 / 2000 + 1e-5
    assert shares[probabilities < 1e-12].sum() == 0


def test_a_flat_distribution_over_many_tokens_is_looked_at_whole():
    rows = torch.zeros(4000, 1000)
    drawn = sample_top_p(rows, (torch.arange(4000) + 0.5) / 4000, 1.0, 0.9)
    counts = torch.bincount(drawn, minlength=1000)
    assert 898 <= int((counts > 0).sum()) <= 902
    assert counts.max() <= 6


def test_ties_are_broken_without_regard_to_other_rows():
    tied = torch.zeros(3000)
    tied[::2] = 12.0
    flat, uniforms = torch.zeros(3000), torch.linspace(0, 0.999, 50)
    alone = sample_top_p(tied.expand(50, -1), uniforms, 1.0, 0.1)
    beside = sample_top_p(torch.stack([tied, flat]).repeat(50, 1), uniforms.repeat_interleave(2), 1.0, 0.1)
    assert torch.equal(beside[::2], alone)
