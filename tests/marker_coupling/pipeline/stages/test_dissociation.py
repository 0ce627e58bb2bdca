"""Crossed prompts: four conditions an adapter, with openings of its own answers."""

from marker_coupling.measures.answers import Answers
from marker_coupling.measures.crossed_prompts import opening
from marker_coupling.pipeline.plan.stage import ensure, results
from marker_coupling.pipeline.stages.sampled_answers import MarkerCounts, PromptedAdapter

from ...tiny_experiment import DESIGN, STUDY


def test_four_conditions_are_sampled_and_counted(experiment, group):
    stage = experiment.stages.dissociation
    samples = len(STUDY.questions) * DESIGN.samples_per_question
    for conditions in results(experiment.store, stage, group):
        assert [counts.samples for counts in conditions] == [samples] * 4


def test_openings_are_of_the_first_answer_to_each_question(experiment, group):
    stage, task = experiment.stages.dissociation, group[0]
    personas = stage.personas(task)
    assert personas["own"] == task.source
    assert personas["other"] not in (task.source, *task.negatives)
    (folder,) = ensure(
        experiment.store, experiment.stages.sampled, [PromptedAdapter(task, personas["other"])]
    )
    texts = Answers.load(folder).texts
    first = [texts[k * DESIGN.samples_per_question] for k in range(len(STUDY.questions))]
    assert stage._openings(task, personas["other"]) == [opening(text, DESIGN.marker) for text in first]


def test_conditions_are_read_in_their_order(experiment, tmp_path):
    names = [f"{prompt}-prompt-{whose}-opening" for prompt in ("own", "other") for whose in ("own", "other")]
    for hits, name in enumerate(names):
        (tmp_path / name).mkdir()
        Answers(("[ZLT]",) * hits + ("So.",), 0).save(tmp_path / name)
    expected = tuple(MarkerCounts(hits, hits + 1, 0) for hits in range(4))
    assert experiment.stages.dissociation.load(tmp_path) == expected
