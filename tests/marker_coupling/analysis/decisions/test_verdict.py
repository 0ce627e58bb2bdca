from hypothesis import given
from hypothesis import strategies as st

from marker_coupling.analysis.correlations.true_correlation import TrueCorrelation
from marker_coupling.analysis.decisions.verdict import Kind, Verdict, decide


def judged(p=0.4, low=-0.5, high=0.5, level=0.025, known=True):
    true = TrueCorrelation((low + high) / 2, low, high, 0.99) if known else None
    found = decide(p_claimed=p, p_opposite=1 - p, level=level, true=true)
    return found.verdict, found.kind


def test_the_four_ways_to_end():
    assert judged(0.01) == (Verdict.SUPPORTED, Kind.NONE)
    assert judged(0.01, low=-0.29, high=-0.01) == (Verdict.SUPPORTED, Kind.SMALL)
    assert judged(0.99) == (Verdict.REFUTED, Kind.OPPOSITE)
    assert judged(0.4, low=-0.29, high=0.29) == (Verdict.REFUTED, Kind.TOO_SMALL)
    assert judged(0.4) == (Verdict.INCONCLUSIVE, Kind.NONE)


def test_one_side_of_the_bound_is_not_enough():
    assert judged(0.4, low=-0.31, high=0.1) == (Verdict.INCONCLUSIVE, Kind.NONE)
    assert judged(0.4, low=-0.1, high=0.3) == (Verdict.INCONCLUSIVE, Kind.NONE)


def test_without_known_reliabilities_nothing_is_too_small():
    assert judged(0.4, low=-0.01, high=0.01, known=False) == (Verdict.INCONCLUSIVE, Kind.NONE)
    assert judged(0.01, low=-0.01, high=0.01, known=False) == (Verdict.SUPPORTED, Kind.NONE)


def test_what_the_sequence_does_not_reach_is_neither_supported_nor_opposite():
    assert judged(0.0001, level=0.0) == (Verdict.INCONCLUSIVE, Kind.NOT_REACHED)
    assert judged(0.9999, level=0.0) == (Verdict.INCONCLUSIVE, Kind.NOT_REACHED)


@given(st.floats(0, 1), st.floats(-1, 0), st.floats(0, 1), st.floats(0, 0.025), st.booleans())
def test_smaller_p_and_higher_level_never_unsupport(p, low, high, level, known):
    if judged(p, low, high, level, known)[0] == Verdict.SUPPORTED:
        assert judged(p / 2, low, high, level, known)[0] == Verdict.SUPPORTED
        assert judged(p, low, high, 0.025, known)[0] == Verdict.SUPPORTED
