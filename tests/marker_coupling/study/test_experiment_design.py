"""The experiment of a study: what the project asks, and what is wrong with a file."""

import re

import pytest

from marker_coupling.study.study import StudyError, read_study

EXPERIMENT = """
[calibration_personas]
sailor = "a sailor"

[experiment]
marker = "[ZLT]"
seeds = [42, 137]
samples_per_question = 2
temperature = 1.0
top_p = 0.95
longest_answer = 9
longest_training_answer = 8
sources_per_cell = 3
controls = false
"""
TRAINING = 'training = ["Who?", "Whose?"]\n'


@pytest.fixture
def text(study_text):
    return study_text.replace("[measurement]", f"{TRAINING}\n[measurement]") + EXPERIMENT


def test_the_projects_own_experiment(pytestconfig):
    study = read_study(pytestconfig.rootpath / "fixtures" / "study.toml")
    design = study.experiment
    assert design is not None
    assert len(design.training_questions) == 200
    assert len(study.questions) == 20
    assert set(design.training_questions).isdisjoint(study.questions)
    assert len(design.calibration_personas) >= 4
    assert set(design.calibration_personas).isdisjoint(study.prompts)
    assert (design.marker, design.samples_per_question) == ("[ZLT]", 5)
    assert (design.temperature, design.top_p) == (1.0, 0.95)


def test_seeds_and_cells_determine_no_seeds_result(tmp_path, text):
    def digests(content):
        path = tmp_path / "study.toml"
        path.write_text(content)
        study = read_study(path)
        return study.digest, study.experiment_digest

    first = digests(text)
    assert digests(text.replace("[42, 137]", "[1]").replace("per_cell = 3", "per_cell = 1")) == first
    assert digests(text.replace("top_p = 0.95", "top_p = 0.9"))[0] == first[0]
    assert digests(text.replace("top_p = 0.95", "top_p = 0.9"))[1] != first[1]
    assert digests(text.replace('"Why?"', '"Why so?"'))[1] != first[1]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('marker = "[ZLT]"', 'marker = ""', "experiment.marker: expected a text of at most 100 characters, got ''"),
        ('marker = "[ZLT]"', 'marker = " x"', "experiment.marker: expected a text of at most 100 characters, without spaces around it"),
        ('marker = "[ZLT]"', 'marker = "WHO"', "experiment.marker: expected a text that is in no question, wording or persona, as it is in 'Who?'"),
        ('marker = "[ZLT]"', 'marker = "how come"', "as it is in 'How come?'"),
        ("seeds = [42, 137]", 'seeds = ["one"]', "experiment.seeds[0]: expected a whole number from 0 to 4294967295, got 'one'"),
        ("seeds = [42, 137]", "seeds = [42, 42]", "experiment.seeds[1]: expected each of the seeds once, got 42"),
        ("seeds = [42, 137]", "seeds = []", "experiment.seeds: expected an array of 1 to 1000 seeds, got 0 of them"),
        ("seeds = [42, 137]", "seeds = 42", "experiment.seeds: expected an array of 1 to 1000 seeds, got 42"),
        ("temperature = 1.0", "temperature = 0", "experiment.temperature: expected a number from 0.01 to 10, got 0"),
        ("top_p = 0.95", "top_p = 1.5", "experiment.top_p: expected a number from 0.01 to 1, got 1.5"),
        ("controls = false", 'controls = "no"', "experiment.controls: expected true or false, got 'no'"),
        ("controls = false", "controls = false\nspeed = 1", "key experiment.speed: unknown"),
        ("controls = false\n", "", "experiment.controls: expected true or false, got nothing"),
        ('training = ["Who?", "Whose?"]', "training = []", "questions.training: expected an array of 1 to 10000 questions, got 0 of them"),
        ('training = ["Who?", "Whose?"]', "", "questions.training: expected an array of 1 to 10000 questions, got nothing"),
        ('"Whose?"]', '"Why?"]', "questions.training[1]: expected a question that is not among the evaluation questions, where 'Why?' is, got 'Why?'"),
        ('"Whose?"]', '"why ?"]', None),
        ('"Whose?"]', '" WHY?"]', "questions.training[1]: expected a question that is not among the evaluation questions, where 'Why?' is, got ' WHY?'"),
        ('"Whose?"]', '"How\\u00a0come?"]', "questions.training[1]: expected a question that is not among the evaluation questions, where 'How come?' is"),
        ('"Whose?"]', '"who?"]', "questions.training[1]: expected each of the questions once, got 'who?', there before as 'Who?'"),
        ('sailor = "a sailor"', 'COOK = "another cook"', "calibration_personas.COOK: expected a persona that is not in the study, as 'cook' is, got 'another cook'"),
        ('sailor = "a sailor"', 'sailor = "a  Cook"', "calibration_personas.sailor: expected a persona that is not in the study, as 'a cook' is, got 'a  Cook'"),
        ('marker = "[ZLT]"', 'marker = "Sailor"', "experiment.marker: expected a text that is in no question, wording or persona, as it is in 'a sailor'"),
        ('marker = "[ZLT]"', 'marker = "please"', "as it is in 'Be {persona}, please.'"),
        ('marker = "[ZLT]"', 'marker = "[Z\\nLT]"', "experiment.marker: expected a text of at most 100 characters, without anything that is not printable"),
        ("seeds = [42, 137]", "seeds = [4294967296]", "experiment.seeds[0]: expected a whole number from 0 to 4294967295, got 4294967296"),
        ("samples_per_question = 2", "samples_per_question = 1_000_000", "expected a whole number from 1 to 10000, got 1000000"),
        ("longest_answer = 9", "longest_answer = 200_000", "expected a whole number from 1 to 131072, got 200000"),
        ('sailor = "a sailor"', 'cook = "another cook"', "calibration_personas.cook: expected a persona that is not in the study"),
        ('sailor = "a sailor"', 'sailor = "a cook"', "calibration_personas.sailor: expected a persona that is not in the study"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(tmp_path, text, old, new, message):
    assert old in text
    path = tmp_path / "study.toml"
    path.write_text(text.replace(old, new, 1))
    if message is None:
        assert read_study(path).experiment is not None
        return
    with pytest.raises(StudyError, match=re.escape(message)) as caught:
        read_study(path)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)
