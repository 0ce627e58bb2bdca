import re
from pathlib import Path

import pytest

from marker_coupling.study import StudyError, read_study


def test_the_projects_own_study(pytestconfig):
    study = read_study(pytestconfig.rootpath / "fixtures" / "study.toml")
    assert len(study.sources) == 10
    assert list(study.personas)[-1] == "assistant"
    assert len(study.wordings) >= 5
    assert len(study.questions) == 20
    assert study.system_prompt(study.wordings[0], "librarian") == "You are a librarian."
    assert study.reference_layer(28) == 11


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('cook = "a cook"', 'cook = ""', "personas.cook: expected a text of at most 10000 characters, got ''"),
        ('cook = "a cook"', "cook = 3", "personas.cook: expected a text of at most 10000 characters, got 3"),
        ('cook = "a cook"', 'cook = "a pilot"', "personas.pilot: expected a text that cook does not have"),
        ('cook = "a cook"', 'cook = "a cook"\ncook = "a cook"', "expected TOML: Cannot overwrite a value"),
        ('assistant = "a helpful assistant"\n', "", "expected the persona 'assistant' among them"),
        ('pilot = "a pilot"\npoet = "a poet"\n', "", "key personas: expected a table of 5 to 1000 personas, the assistant among them, got 4 of them"),
        ('"You are {persona}."', '"You are somebody."', "templates[0]: expected a text with {persona} once"),
        ('"You are {persona}."', '"Speak as {persona}."', "templates[1]: expected each of the wordings once, got 'Speak as {persona}.'"),
        ('"Speak as {persona}.", "Be {persona}, please."', "", "templates: expected an array of 2 to 100 wordings, got 1 of them"),
        ('"Why?"', '""', "questions.evaluation[0]: expected a text of at most 10000 characters, got ''"),
        ('"How come?"', '"Why?"', "questions.evaluation[1]: expected each of the questions once, got 'Why?'"),
        ('evaluation = ["Why?", "How come?", "What is it?", "Where to go?"]', "evaluation = []", "questions.evaluation: expected an array of 1 to 10000 questions, got 0 of them"),
        ("answer_tokens = 5", "answer_tokens = 0", "measurement.answer_tokens: expected a whole number from 1 to 131072, got 0"),
        ("answer_tokens = 5", "answer_tokens = true", "expected a whole number from 1 to 131072, got True"),
        ("answer_tokens = 5", "", "measurement.answer_tokens: expected a whole number from 1 to 131072, got nothing"),
        ("seed = 7", 'seed = "seven"', "measurement.seed: expected a whole number from 0 to 4294967295, got 'seven'"),
        ("smallest_reliability = 0.8", "smallest_reliability = 8", "expected a number from 0 to 1, got 8"),
        ("seed = 7", "seed = 7\nspeed = 3", "key measurement.speed: unknown; expected one of answer_tokens"),
        ("[questions]", "[extra]\nx = 1\n[questions]", "key extra: unknown; expected one of"),
        ("[questions]", "[question]", "key questions: expected a table, got nothing"),
        ("[questions]", "[questions", "expected TOML"),
        ("[questions]", '[centring]\nextra_personas = {cook = "a chef"}\n[questions]', "a persona that is not in the study"),
        ("[questions]", '[centring]\nextra_personas = {}\n[questions]', "extra_personas: expected a table of 1 to 1000 personas, got 0 of them"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(tmp_path, study_text, old, new, message):
    assert old in study_text
    path = tmp_path / "study.toml"
    path.write_text(study_text.replace(old, new, 1))
    with pytest.raises(StudyError, match=re.escape(message)) as caught:
        read_study(path)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [(None, "a file that can be read"), (b"\xff\xfe", "UTF-8"), (b"", "personas: expected")],
)
def test_a_file_that_is_no_study(tmp_path, content, message):
    path = tmp_path / "study.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(StudyError, match=message):
        read_study(path)


def test_the_digest_is_of_what_is_said(tmp_path, study, study_text):
    same: Path = tmp_path / "same.toml"
    same.write_text("# a remark\n" + study_text)
    assert read_study(same).digest == study.digest
    same.write_text(study_text.replace("a cook", "a baker"))
    assert read_study(same).digest != study.digest


def test_centring_extras_are_asked_but_are_no_personas(tmp_path, study_text):
    path = tmp_path / "study.toml"
    path.write_text(study_text + '\n[centring]\nextra_personas = {sailor = "a sailor"}\n')
    study = read_study(path)
    assert "sailor" in study.prompts
    assert "sailor" not in study.personas
