"""Which setting calibration chooses: by gating and mid-range, in closed cases."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marker_coupling.pipeline.plan.calibration import SettingFigures, choose
from marker_coupling.study.recipe import CalibrationGrid

RULE = CalibrationGrid("somebody", (1e-3,), (1,), 0.1, 0.3, 0.8)


def setting(own, others, epochs=1):
    return SettingFigures(1e-3, epochs, own, 100, others, 100)


def test_the_clearest_gating_in_mid_range_is_chosen():
    grid = [setting(40, 10, 1), setting(70, 20, 2), setting(95, 5, 3), setting(25, 0, 4)]
    found = choose(grid, RULE)
    assert found.chosen.epochs == 2  # the third gates more clearly, but has no room to differ
    assert found.problem == ""
    assert found.grid == tuple(grid)


@pytest.mark.parametrize(
    ("grid", "chosen", "problem"),
    [
        ([setting(40, 38, 1), setting(60, 55, 2)], 2, "no setting of the calibration gates at 0.1 or more"),
        ([setting(95, 5, 1), setting(99, 50, 2)], 1, "gates with a mean source rate from 0.3 to 0.8"),
        ([setting(0, 0, 1), setting(0, 0, 2)], 1, "gates by 0.00 at a rate of 0.00"),
    ],
)
def test_where_no_setting_is_good_the_evidence_says_so(grid, chosen, problem):
    found = choose(grid, RULE)
    assert found.chosen.epochs == chosen
    assert problem in found.problem


@given(st.lists(st.tuples(st.integers(0, 100), st.integers(0, 100)), min_size=1, max_size=8))
def test_nothing_that_is_good_gates_more_clearly_than_what_is_chosen(counts):
    grid = [setting(own, others, place) for place, (own, others) in enumerate(counts)]
    found = choose(grid, RULE)
    good = [one for one in grid if one.gating >= 0.1 and 0.3 <= one.source_rate <= 0.8]
    assert found.chosen in (good or grid)
    assert all(found.chosen.gating >= one.gating for one in good or grid)
    assert bool(found.problem) == (not good)
