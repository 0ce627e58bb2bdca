"""Cells hold every adapter once, however they are cut, and the same adapters in whatever order."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marker_coupling.study.adapter_groups import adapter_task, cells, control_source, prompted

from ..tiny_experiment import DESIGN, RECIPE, STUDY

SOURCES = list(STUDY.sources)


def study_with(order=SOURCES, **changes):
    personas = {name: STUDY.personas[name] for name in [*order, "assistant"]}
    return dataclasses.replace(STUDY, personas=personas, experiment=dataclasses.replace(DESIGN, **changes))


@given(st.integers(1, 6), st.integers(0, 999), st.booleans(), st.permutations(SOURCES))
def test_every_source_is_in_one_cell_and_keeps_its_adapter(size, seed, controls, order):
    found = cells(study_with(order, sources_per_cell=size, controls=controls), RECIPE, seed)
    own = [cell for cell in found if not cell.is_control]
    assert [task.source for cell in own for task in cell.tasks] == list(order)
    assert all(len(cell.tasks) == size for cell in own[:-1])
    assert 1 <= len(own[-1].tasks) <= size
    # Neither the cut nor the order of personas changes an adapter.
    whole = cells(study_with(sources_per_cell=len(SOURCES), controls=controls), RECIPE, seed)
    assert {task for cell in found for task in cell.tasks} == {task for cell in whole for task in cell.tasks}
    assert len(found) - len(own) == controls


@given(st.integers(0, 999))
def test_controls_are_one_cell_of_one_source_after_the_others(seed):
    *own, last = cells(study_with(), RECIPE, seed)
    assert last.is_control
    assert [task.control for task in last.tasks] == ["shuffled-personas", "no-marker"]
    source = control_source(STUDY, seed)
    assert {task.source for task in last.tasks} == {source}
    # The control differs from the adapter that it is a control of in nothing but its rule.
    (compared,) = (task for cell in own for task in cell.tasks if task.source == source)
    assert {dataclasses.replace(task, control="none") for task in last.tasks} == {compared}


def test_seeds_draw_other_controls_and_negatives():
    assert len({control_source(STUDY, seed) for seed in range(30)}) == len(SOURCES)
    assert len({adapter_task(STUDY, RECIPE, "cook", seed, "none").negatives for seed in range(30)}) == 3


@pytest.mark.parametrize("seed", range(5))
def test_negatives_are_other_sources(seed):
    recipe = dataclasses.replace(RECIPE, negative_personas=3)
    for cell in cells(STUDY, recipe, seed):
        for task in cell.tasks:
            assert set(task.negatives) == set(SOURCES) - {task.source}


def test_adapters_are_asked_as_everyone_of_the_study():
    assert prompted(STUDY) == (*SOURCES, "assistant")


def test_a_cell_says_which_it_is():
    own, *_, control = cells(STUDY, RECIPE, 7)
    assert str(own) == "seed 7: 2 adapters from cook"
    assert str(control).startswith("seed 7: 2 controls from ")
