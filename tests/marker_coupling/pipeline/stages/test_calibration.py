"""Calibration counts markers over every learning rate, on personas outside the study."""

import pytest

from marker_coupling.pipeline.group_stages import GroupStages
from marker_coupling.pipeline.plan.stage import single_result
from marker_coupling.pipeline.stages.calibration import CalibrationStage

from ...tiny_experiment import DESIGN, RECIPE, STUDY


@pytest.fixture
def stage(experiment):
    context = experiment._context(RECIPE)
    return CalibrationStage(context, GroupStages(context).adapters)


def test_personas_are_outside_the_study_and_so_are_their_negatives(stage):
    assert [task.source for task in stage.tasks] == list(DESIGN.calibration_personas)
    for task in stage.tasks:
        assert set(task.negatives) < set(DESIGN.calibration_personas) - {task.source}
        assert task.seed == STUDY.seed


def test_every_answer_is_counted_under_its_own_or_another_prompt(experiment, stage):
    figures = single_result(experiment.store, stage, 1)
    assert [(one.learning_rate, one.epochs) for one in figures] == [(1e-2, 1), (2e-2, 1)]
    personas, questions = len(DESIGN.calibration_personas), len(STUDY.questions)
    for one in figures:
        assert one.own_samples == personas * questions
        assert one.bystander_samples == personas * personas * questions
        assert 0 <= one.own_hits <= one.own_samples
