"""Answers of the base model are sampled together, kept apart, and read as they were sampled."""

from marker_coupling.measures.answers import answer_questions
from marker_coupling.pipeline.plan.stage import results
from marker_coupling.pipeline.stages.answers import AnswerTask
from marker_coupling.study.prompts import BASE_MODEL

QUESTIONS = ("Why?", "How?")


def test_they_are_those_that_the_base_model_gives(experiment):
    stage = experiment.stages.answers
    prompts = [BASE_MODEL, experiment.plan.prompt("cook"), experiment.plan.prompt("poet")]
    tasks = [AnswerTask(prompt, QUESTIONS, 3) for prompt in prompts]
    found = results(experiment.store, stage, tasks)
    sampling = stage.context.sampling(experiment.plan.design.longest_training_answer)
    assert found == answer_questions(experiment.model.loaded, prompts, QUESTIONS, sampling, 3)
    assert results(experiment.store, stage, tasks[1:2]) == found[1:2]
