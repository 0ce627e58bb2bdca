"""Room for passes: always enough, and no choice of rooms costs less."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from manylora.packing.shape_buckets import BatchShape, bucket_for, padded_shape, plan_buckets


def shapes(most):
    return st.lists(
        st.tuples(st.integers(1, most), st.integers(1, 300)).flatmap(
            lambda one: st.builds(BatchShape, st.just(one[0]), st.integers(1, one[0]), st.just(one[1]))
        ),
        max_size=30,
    )


PRICES = st.floats(0, 1e6)


@given(shapes(50_000), PRICES)
def test_every_pass_has_room(expected, capture_cost):
    buckets = plan_buckets(expected, capture_cost)
    for one in expected:
        bucket = bucket_for(one, buckets)
        assert bucket in buckets
        assert bucket.holds(one)
        assert bucket.tokens % 128 == 0


@given(shapes(50_000), shapes(50_000), PRICES)
def test_what_was_not_expected_has_room_as_well(expected, others, capture_cost):
    buckets = plan_buckets(expected, capture_cost)
    for one in others:
        bucket = bucket_for(one, buckets)
        assert bucket.holds(one)
        assert bucket in buckets or bucket == padded_shape(one)


def cost(sizes, buckets, capture_cost):
    """Return what so many tokens cost that go into the smallest of some rooms, rounded up as rooms are."""
    filled = sum(
        min(bucket for bucket in buckets if bucket >= size) - -(-size // 128) * 128 for size in sizes
    )
    return filled + capture_cost * len(buckets)


@given(st.lists(st.integers(1, 1000), min_size=1), st.floats(0, 5000))
def test_no_choice_of_rooms_costs_less(sizes, capture_cost):
    buckets = [one.tokens for one in plan_buckets([BatchShape(size, 1, 1) for size in sizes], capture_cost)]
    candidates = {-(-size // 128) * 128 for size in sizes}
    choices = (
        chosen
        for count in range(1, len(candidates) + 1)
        for chosen in combinations(sorted(candidates), count)
        if chosen[-1] == max(candidates)
    )
    assert cost(sizes, buckets, capture_cost) == pytest.approx(
        min(cost(sizes, chosen, capture_cost) for chosen in choices)
    )


def test_a_studys_steps_share_few_rooms_that_they_nearly_fill():
    numbers = np.random.default_rng(0)
    expected = []
    for step in range(114):
        examples = 80 if step % 38 == 37 else 160
        prompts, answers = numbers.integers(30, 46, examples), numbers.integers(40, 131, examples)
        expected.append(BatchShape(int((prompts + answers).sum()), int(answers.sum()), examples))
    buckets = plan_buckets(expected, 50_000)
    assert len(buckets) <= 2
    filled = sum(bucket_for(one, buckets).tokens - one.tokens for one in expected)
    assert filled < 0.07 * sum(one.tokens for one in expected)
