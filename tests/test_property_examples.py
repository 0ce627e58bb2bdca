"""Property tests: the same examples in every run by default, more and others under the thorough profile."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from .property_examples import FIXED_EXAMPLES, THOROUGH_EXAMPLES, examples

NUMBERS = st.lists(st.floats(allow_nan=False), min_size=1)


def drawn(profile):
    """The examples that a property is tried on under a profile."""
    found = []

    @settings(settings.get_profile(profile), max_examples=20, database=None)
    @given(NUMBERS)
    def holds(numbers):
        found.append(tuple(numbers))

    holds()
    return found


def test_the_fixed_profile_draws_the_same_examples_every_time():
    assert drawn("fixed") == drawn("fixed")
    assert not settings.get_profile("thorough").derandomize


def test_the_fixed_profile_is_the_default(pytestconfig):
    named = pytestconfig.getoption("hypothesis_profile", default=None)
    assert settings.get_current_profile_name() == (named or "fixed")
    assert settings.default.deadline is None


@pytest.mark.parametrize(
    ("profile", "count"), [("fixed", 40), ("thorough", 40 * THOROUGH_EXAMPLES // FIXED_EXAMPLES)]
)
def test_counts_of_examples_go_with_the_profile(profile, count):
    before = settings.get_current_profile_name()
    settings.load_profile(profile)
    try:
        assert examples(40).max_examples == count
        assert examples(1).max_examples >= 1
    finally:
        settings.load_profile(before)
