"""Random numbers of requests: uniform, and decided by the seed alone."""

import numpy as np
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from manylora.sampling.sampling_requests import Request, uniforms_of

#: NumPy's seeds do not tell trailing zeros apart.
SEEDS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8)


@given(st.lists(SEEDS, min_size=2, max_size=5, unique=True), st.integers(1, 3), st.integers(1, 9))
def test_seeds_that_differ_draw_other_numbers(seeds, samples, longest):
    drawn = [uniforms_of(Request((1,), samples, seed), longest) for seed in seeds]
    assert all(numbers.shape == (samples, longest) for numbers in drawn)
    assert len({numbers.tobytes() for numbers in drawn}) == len(seeds)


@given(SEEDS, st.lists(st.integers(0, 99), max_size=5))
def test_the_prompt_does_not_matter(seed, tokens):
    one, other = Request((1,), 2, seed), Request(tuple(tokens), 2, seed)
    assert (uniforms_of(one, 7) == uniforms_of(other, 7)).all()


def test_numbers_over_many_requests_are_uniform_and_unrelated():
    """First numbers of neighbouring seeds are as good as those of one stream."""
    numbers = np.array(
        [uniforms_of(Request((1,), 2, f"adapter {index}"), 2).ravel() for index in range(4000)]
    )
    assert numbers.min() >= 0
    assert numbers.max() < 1
    for column in numbers.T:
        assert scipy.stats.kstest(column, "uniform").pvalue > 1e-3
    next_seeds = np.roll(numbers[:, 0], 1)
    related = np.corrcoef(np.vstack([numbers.T, next_seeds]))
    assert np.abs(related - np.eye(5)).max() < 4 / np.sqrt(len(numbers))
