"""Room for passes: always enough, and no choice of rooms costs less."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from manylora.packing.shape_buckets import BatchShape, bucket_for, padded_shape, plan_buckets


def passes(most):
    return st.lists(
        st.tuples(st.integers(1, most), st.integers(1, 300)).flatmap(
            lambda one: st.builds(BatchShape, st.just(one[0]), st.integers(1, one[0]), st.just(one[1]))
        ),
        max_size=30,
    )


PRICES = st.floats(0, 1e6)


@given(passes(50_000), PRICES)
def test_every_pass_has_room(expected, price):
    rooms = plan_buckets(expected, price)
    for one in expected:
        room = bucket_for(one, rooms)
        assert room in rooms
        assert room.holds(one)
        assert room.tokens % 128 == 0


@given(passes(50_000), passes(50_000), PRICES)
def test_what_was_not_expected_has_room_as_well(expected, others, price):
    rooms = plan_buckets(expected, price)
    for one in others:
        room = bucket_for(one, rooms)
        assert room.holds(one)
        assert room in rooms or room == padded_shape(one)


def cost(sizes, rooms, price):
    """Return what so many tokens cost that go into the smallest of some rooms, rounded up as rooms are."""
    filled = sum(min(room for room in rooms if room >= size) - -(-size // 128) * 128 for size in sizes)
    return filled + price * len(rooms)


@given(st.lists(st.integers(1, 1000), min_size=1), st.floats(0, 5000))
def test_no_choice_of_rooms_costs_less(sizes, price):
    rooms = [one.tokens for one in plan_buckets([BatchShape(size, 1, 1) for size in sizes], price)]
    candidates = {-(-size // 128) * 128 for size in sizes}
    choices = (
        chosen
        for count in range(1, len(candidates) + 1)
        for chosen in combinations(sorted(candidates), count)
        if chosen[-1] == max(candidates)
    )
    assert cost(sizes, rooms, price) == pytest.approx(min(cost(sizes, chosen, price) for chosen in choices))


def test_a_studys_steps_share_few_rooms_that_they_nearly_fill():
    numbers = np.random.default_rng(0)
    expected = []
    for step in range(114):
        examples = 80 if step % 38 == 37 else 160
        prompts, answers = numbers.integers(30, 46, examples), numbers.integers(40, 131, examples)
        expected.append(BatchShape(int((prompts + answers).sum()), int(answers.sum()), examples))
    rooms = plan_buckets(expected, 50_000)
    assert len(rooms) <= 2
    filled = sum(bucket_for(one, rooms).tokens - one.tokens for one in expected)
    assert filled < 0.07 * sum(one.tokens for one in expected)
