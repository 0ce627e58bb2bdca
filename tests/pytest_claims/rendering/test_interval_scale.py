import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_claims.ledger.ledger import Entry
from pytest_claims.rendering.interval_scale import scale_of


def entry(estimate, low=None, high=None):
    return Entry(
        id="a", statement="A.", source="", evidence="e", verdict="supported", rule="rule", reason="",
        statistic="r", estimate=estimate, ci_low=low, ci_high=high,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("entries", "low", "high", "ticks"),
    [
        ([entry(0.3, 0.1, 0.5)], 0, 1, (0, 0.5, 1)),
        ([entry(-0.3, -0.6, 0.1)], -1, 1, (-1, -0.5, 0, 0.5, 1)),
        ([entry(0.3), entry(-0.1)], -1, 1, (-1, -0.5, 0, 0.5, 1)),
        ([entry(68.1)], 0, 80, (0, 20, 40, 60, 80)),
        ([entry(-3.0, -5.5, 0.5)], -6, 2, (-6, -4, -2, 0, 2)),
        ([entry(1.2, 0.9, 1.5)], 0, 1.5, (0, 0.5, 1.0, 1.5)),
        ([entry(0.0)], 0, 1, (0, 0.5, 1)),
    ],
)
def test_scales_of_shares_correlations_and_anything_else(entries, low, high, ticks):
    scale = scale_of(entries)
    assert (scale.low, scale.high) == (low, high)
    assert scale.ticks == pytest.approx(ticks)


def test_without_an_estimate_there_is_no_scale():
    assert scale_of([]) is None
    assert scale_of([entry(None, 0.1, 0.2)]) is None


def test_numbers_too_large_to_draw_have_no_scale():
    assert scale_of([entry(1e308, -1e308, 1e308)]) is None


NUMBERS = st.floats(allow_nan=False, allow_infinity=False)


@given(st.lists(st.builds(entry, NUMBERS, st.none() | NUMBERS, st.none() | NUMBERS), min_size=1, max_size=4))
def test_everything_is_on_the_scale_and_so_is_zero(entries):
    scale = scale_of(entries)
    if scale is None:
        return
    assert 2 <= len(scale.ticks) <= 7
    assert list(scale.ticks) == sorted(set(scale.ticks))
    for found in entries:
        for value in (found.estimate, found.ci_low, found.ci_high, 0.0):
            if value is not None:
                assert -1e-9 <= scale.share(value) <= 1 + 1e-9
