"""Groups hold every adapter once, however they are cut, and the same adapters in whatever order."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marker_coupling.study.adapter_groups import adapter_groups, adapter_task, control_source, group_name

from ..tiny_experiment import DESIGN, RECIPE, STUDY

SOURCES = list(STUDY.sources)


def study_with(order=SOURCES, **changes):
    personas = {name: STUDY.personas[name] for name in [*order, "assistant"]}
    return dataclasses.replace(STUDY, personas=personas, experiment=dataclasses.replace(DESIGN, **changes))


@given(st.integers(1, 6), st.integers(0, 999), st.booleans(), st.permutations(SOURCES))
def test_every_source_is_in_one_group_and_keeps_its_adapter(size, seed, controls, order):
    found = adapter_groups(study_with(order, sources_per_cell=size, controls=controls), RECIPE, seed)
    own = [group for group in found if not group[0].is_control]
    assert [task.source for group in own for task in group] == list(order)
    assert all(len(group) == size for group in own[:-1])
    assert 1 <= len(own[-1]) <= size
    # Neither the cut nor the order of personas changes an adapter.
    whole = adapter_groups(study_with(sources_per_cell=len(SOURCES), controls=controls), RECIPE, seed)
    assert {task for group in found for task in group} == {task for group in whole for task in group}
    assert len(found) - len(own) == controls


@given(st.integers(0, 999))
def test_controls_are_one_group_of_one_source_after_the_others(seed):
    *own, last = adapter_groups(study_with(), RECIPE, seed)
    assert all(task.is_control for task in last)
    assert [task.control for task in last] == ["shuffled-personas", "no-marker"]
    source = control_source(STUDY, seed)
    assert {task.source for task in last} == {source}
    # The control differs from the adapter that it is a control of in nothing but its rule.
    (compared,) = (task for group in own for task in group if task.source == source)
    assert {dataclasses.replace(task, control="none") for task in last} == {compared}


def test_seeds_draw_other_controls_and_negatives():
    assert len({control_source(STUDY, seed) for seed in range(30)}) == len(SOURCES)
    assert len({adapter_task(STUDY, RECIPE, "cook", seed, "none").negatives for seed in range(30)}) == 3


@pytest.mark.parametrize("seed", range(5))
def test_negatives_are_other_sources(seed):
    recipe = dataclasses.replace(RECIPE, negative_personas=3)
    for group in adapter_groups(STUDY, recipe, seed):
        for task in group:
            assert set(task.negatives) == set(SOURCES) - {task.source}


def test_a_group_has_a_name():
    own, *_, control = adapter_groups(STUDY, RECIPE, 7)
    assert group_name(own) == "seed 7: 2 adapters from cook"
    assert group_name(control).startswith("seed 7: 2 controls from ")
