import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from marker_coupling.analysis.data.arrays import AnalysisError
from marker_coupling.analysis.decisions.gatekeeping import Gatekeeping, adjust_p_values
from marker_coupling.analysis.decisions.hypotheses import GATEKEEPING, HYPOTHESES

P_VALUES = st.lists(st.floats(0, 1), min_size=3, max_size=3)
NAMES = ("a", "b", "c")


def adjusted(p_values, gatekeeping, alpha=0.025):
    return [
        p
        for p, _ in adjust_p_values(
            dict(zip(gatekeeping.shares, p_values, strict=True)), gatekeeping, alpha
        ).values()
    ]


def holm(count):
    """Holm's procedure as a graph: equal shares, and each rejected hypothesis hands an equal share to all others."""
    names = [str(k) for k in range(count)]
    transfers = {name: {other: 1 / (count - 1) for other in names if other != name} for name in names}
    return Gatekeeping(dict.fromkeys(names, 1 / count), transfers if count > 1 else {})


def fixed_sequence(names):
    """Each hypothesis is tested at the whole level if all before it were rejected."""
    return Gatekeeping(
        {name: float(name == names[0]) for name in names},
        {name: {after: 1.0} for name, after in itertools.pairwise(names)},
    )


@given(st.lists(st.floats(0, 1), min_size=1, max_size=6))
def test_holm_is_the_closed_test_of_bonferroni(p_values):
    """An adjusted p is the largest Bonferroni p among all sets of hypotheses that hold the one."""
    places = range(len(p_values))
    for place, found in enumerate(adjusted(p_values, holm(len(p_values)))):
        sets = [
            chosen
            for size in range(1, len(p_values) + 1)
            for chosen in itertools.combinations(places, size)
            if place in chosen
        ]
        bonferroni = max(min(1, len(s) * min(p_values[k] for k in s)) for s in sets)
        assert found == pytest.approx(bonferroni, abs=1e-9)


@given(P_VALUES)
def test_a_fixed_sequence_is_a_graph(p_values):
    assert adjusted(p_values, fixed_sequence(NAMES)) == pytest.approx(np.maximum.accumulate(p_values))


def test_a_published_example():
    """Bretz, Maurer, Brannath and Posch (2009), section 3: two primary hypotheses hand to two secondary ones."""
    graph = Gatekeeping(
        {"H1": 0.5, "H2": 0.5, "H3": 0.0, "H4": 0.0},
        {"H1": {"H2": 0.5, "H3": 0.5}, "H2": {"H1": 0.5, "H4": 0.5}, "H3": {"H4": 1.0}, "H4": {"H3": 1.0}},
    )
    # By hand at 0.025: H1 has 0.0125 and goes; H2 then has 0.01875, H3 0.00625; H2 goes and hands its loop on: the
    # remaining H3 and H4 share the level as 0.0125 and 0.0125.
    found = adjust_p_values({"H1": 0.01, "H2": 0.018, "H3": 0.012, "H4": 0.02}, graph, 0.025)
    assert found["H1"] == pytest.approx((0.02, 0.0125))
    assert found["H2"] == pytest.approx((0.018 / 0.75, 0.01875))
    assert found["H3"] == pytest.approx((0.024, 0.0125))
    assert found["H4"] == pytest.approx((0.024, 0.025))


@given(
    st.lists(st.floats(0, 1), min_size=len(HYPOTHESES), max_size=len(HYPOTHESES)),
    st.sampled_from([0.01, 0.025, 0.05]),
)
def test_adjusted_p_and_final_level_say_the_same(p_values, alpha):
    p = dict(zip(GATEKEEPING.shares, p_values, strict=True))
    found = adjust_p_values(p, GATEKEEPING, alpha)
    for name, (value, level) in found.items():
        assert value >= p[name] - 1e-12
        assert (value <= alpha) == (p[name] <= level and level > 0) or value == pytest.approx(alpha)
    open_levels = [level for name, (value, level) in found.items() if value > alpha]
    assert sum(open_levels) <= alpha + 1e-12


@given(st.lists(st.floats(0, 1), min_size=len(HYPOTHESES), max_size=len(HYPOTHESES)), st.integers(0, 8))
def test_smaller_p_values_never_reject_less(p_values, place):
    lower = [p / 2 if k == place else p for k, p in enumerate(p_values)]
    for before, after in zip(adjusted(p_values, GATEKEEPING), adjusted(lower, GATEKEEPING), strict=True):
        assert after <= before + 1e-9


def test_the_family_wise_error_rate_holds_for_every_set_of_true_hypotheses():
    """All null hypotheses independent and uniform, the others rejected for sure: at most 2.5% in any configuration."""
    generator = np.random.default_rng(0)
    names = [hypothesis.id for hypothesis in HYPOTHESES]
    for false in [
        (),
        ("cosine",),
        ("cosine", "cosine-given-panel"),
        ("cosine", "panel-given-cosine", "js"),
        names[:-1],
    ]:
        nulls = [name for name in names if name not in false]
        errors = 0
        for _ in range(400):
            p = {name: 0.0 if name in false else float(generator.random()) for name in names}
            found = adjust_p_values(p, GATEKEEPING, 0.1)
            errors += any(found[name][0] <= 0.1 for name in nulls)
        assert errors / 400 < 0.1 + 4 * np.sqrt(0.09 / 400), false


def test_either_half_of_the_rival_question_opens_what_follows():
    p = dict.fromkeys(GATEKEEPING.shares, 1e-9)
    for lost in ("cosine-given-panel", "panel-given-cosine"):
        found = adjust_p_values({**p, lost: 0.9}, GATEKEEPING, 0.025)
        assert [name for name, (value, _) in found.items() if value > 0.025] in (
            [lost], [lost, lost.replace("panel", "sources")]
        )  # fmt: skip
        assert found["js"][0] < 0.025
    blocked = adjust_p_values({**p, "cosine": 0.9}, GATEKEEPING, 0.025)
    assert all(level == 0 for name, (_, level) in blocked.items() if name != "cosine")


def test_graphs_that_are_none_are_refused():
    for shares, transfers in itertools.product(({"a": 0.6, "b": 0.6}, {"a": -0.1, "b": 0.5}), ({},)):
        with pytest.raises(AnalysisError, match="sum to at most 1"):
            Gatekeeping(shares, transfers)
    with pytest.raises(AnalysisError, match="other hypotheses"):
        Gatekeeping({"a": 1.0}, {"a": {"b": 1.0}})
    with pytest.raises(AnalysisError, match="other hypotheses"):
        Gatekeeping({"a": 1.0}, {"a": {"a": 1.0}})
    with pytest.raises(AnalysisError, match="expected those of"):
        adjust_p_values({"x": 0.1}, fixed_sequence(("a", "b")), 0.025)
