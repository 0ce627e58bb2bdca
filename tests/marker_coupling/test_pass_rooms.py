"""Room for passes: always enough, seldom another, and not for long too much."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from marker_coupling.pass_rooms import Rooms

PASSES = st.lists(
    st.tuples(st.integers(1, 50_000), st.integers(1, 300)).flatmap(
        lambda one: st.tuples(st.just(one[0]), st.integers(1, one[0]), st.just(one[1]))
    ),
    min_size=1,
    max_size=30,
)


@given(PASSES, st.booleans())
def test_every_pass_has_room(passes, are_few):
    rooms = Rooms(are_few)
    for one in passes:
        room = rooms.room_for(*one)
        assert room.holds(*one)
        # What fills up is divided into sequences that are not long, if all but a few are its own.
        assert room.sequences - one[2] >= 1


@given(PASSES)
def test_the_same_passes_have_the_same_rooms(passes):
    first, again = ([rooms.room_for(*one) for one in passes] for rooms in (Rooms(True), Rooms(True)))
    assert first == again


def test_a_studys_steps_share_few_rooms_that_they_nearly_fill():
    numbers = np.random.default_rng(0)
    rooms, used, tokens = Rooms(True), [], 0
    for step in range(114):
        examples = 80 if step % 38 == 37 else 160
        prompts, answers = numbers.integers(30, 46, examples), numbers.integers(40, 131, examples)
        tokens += int((prompts + answers).sum())
        used.append(rooms.room_for(int((prompts + answers).sum()), int(answers.sum()), examples))
    assert len(set(used)) <= 3
    assert sum(one.tokens for one in used) < 1.07 * tokens


def test_a_room_that_is_far_too_large_is_not_shared_for_long():
    rooms = Rooms(True)
    large = rooms.room_for(20_000, 10_000, 160)
    used = [rooms.room_for(2_000, 1_000, 160) for _ in range(20)]
    assert used[0] == large
    assert used[-1].tokens < 3_000
    assert used.count(large) < 5


def test_where_others_are_free_every_pass_has_its_own():
    rooms = Rooms(False)
    assert rooms.room_for(20_000, 10_000, 160).tokens == 20_096
    assert rooms.room_for(19_000, 10_000, 160).tokens == 19_072
