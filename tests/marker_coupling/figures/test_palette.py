"""One meaning for each colour and mark; personas have theirs by their place in the study."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.colors import to_rgb

from marker_coupling.figures import palette
from marker_coupling.figures.palette import ASSISTANT_MARK, MOST_MARKS, PLAIN, persona_marks

NAMES = st.lists(st.text("abcdefgh", min_size=1), unique=True, max_size=40)
STUDY = [f"persona {index}" for index in range(MOST_MARKS)]
COLOURS = {
    name: value
    for name, value in vars(palette).items()
    if name.isupper() and isinstance(value, str) and value[0] == "#"
}


def colour_distance(first, second):
    return max(abs(a - b) for a, b in zip(to_rgb(first), to_rgb(second), strict=True))


def test_no_two_meanings_have_one_colour():
    of_personas = {mark.colour for mark in persona_marks(STUDY).values()}
    for first, second in itertools.combinations([*COLOURS.values(), *of_personas], 2):
        assert colour_distance(first, second) > 0.1, (first, second)


def test_marks_are_told_apart_by_shape_alone_and_are_nobody_elses():
    marks = list(persona_marks(STUDY).values())
    assert len({mark.shape for mark in marks}) == MOST_MARKS
    assert {mark.shape for mark in marks}.isdisjoint({PLAIN.shape, ASSISTANT_MARK.shape})
    assert PLAIN != ASSISTANT_MARK
    turned = [mark.colour for mark in marks if mark.shape in "<>^v"]
    assert len(turned) == len(set(turned)) == 4


@given(NAMES, NAMES, st.randoms(use_true_random=False))
def test_a_personas_mark_does_not_depend_on_who_else_is_there(study, others, random):
    marks = persona_marks([], study)
    shuffled = [*study, *others]
    random.shuffle(shuffled)
    some = shuffled[: random.randrange(len(shuffled) + 1)]
    found = persona_marks(some, study)
    assert found.keys() == {*study, *some}
    assert {persona: found[persona] for persona in study} == marks
    own = [mark for mark in found.values() if mark != PLAIN]
    assert len(own) == len(set(own))


@pytest.mark.parametrize(("count", "plain"), [(MOST_MARKS, 0), (MOST_MARKS + 1, MOST_MARKS + 1)])
def test_a_study_of_too_many_has_no_marks_of_its_own(count, plain):
    marks = persona_marks([f"persona {index}" for index in range(count)])
    assert list(marks.values()).count(PLAIN) == plain


def test_others_have_the_marks_that_are_left_if_these_suffice():
    study = STUDY[:10]
    assert PLAIN not in persona_marks(["new", "newer"], study).values()
    three = persona_marks(["new", "newer", "newest"], study)
    assert [three[name] for name in ("new", "newer", "newest")] == [PLAIN] * 3
    assert PLAIN not in [three[name] for name in study]
