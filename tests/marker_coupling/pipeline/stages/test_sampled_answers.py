"""Sampled answers are kept by adapter and persona, and counted with and without the marker."""

import pytest

from marker_coupling.measures.answers import Answers
from marker_coupling.pipeline.plan.stage import ensure, results
from marker_coupling.pipeline.stages.sampled_answers import MarkerCounts, PromptedAdapter, describe
from marker_coupling.study.errors import AnswersTruncatedError

from ...tiny_experiment import DESIGN, STUDY


def test_answers_do_not_depend_on_what_is_sampled_beside_them(experiment, group, tmp_path):
    stage = experiment.stages.sampled
    tasks = [PromptedAdapter(task, persona) for persona in ("poet", "assistant") for task in group]
    together = ensure(experiment.store, stage, tasks)
    alone = tmp_path / "alone"
    alone.mkdir()
    stage.compute({tasks[3]: alone})
    assert Answers.load(alone) == Answers.load(together[3])
    samples = len(STUDY.questions) * DESIGN.samples_per_question
    assert all(counts.samples == samples for counts in results(experiment.store, stage, tasks))


def test_answers_with_the_marker_are_counted(experiment, tmp_path):
    Answers(("So.\n\n[ZLT]", "So.", "[zlt] [ZLT]"), 1).save(tmp_path)
    assert experiment.stages.sampled.load(tmp_path) == MarkerCounts(hits=2, samples=3, truncated=1)


def test_a_source_none_of_whose_answers_ends_is_an_error(experiment, group):
    check = experiment.stages.sampled._check_ends
    endless = Answers(("and", "so"), 2)
    check(group[0], "assistant", endless)
    check(group[0], group[0].source, Answers(("and", "so"), 1))
    with pytest.raises(AnswersTruncatedError, match=r"longest_answer = 24: .* got none in 2 of .* cook"):
        check(group[0], "cook", endless)


def test_messages_name_one_persona_or_their_number():
    assert describe(["cook"]) == "cook"
    assert describe(["cook", "poet"]) == "2 personas"
