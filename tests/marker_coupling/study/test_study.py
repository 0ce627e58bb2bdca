import re
from pathlib import Path

import pytest

from marker_coupling.study.study import StudyError, read_study


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
        ("seed = 7", "seed = 7\nshallowest_layers = 1", "key measurement.shallowest_layers: unknown; expected one of answer_tokens"),
        ("seed = 7", "seed = 7\nspeed = 3", "key measurement.speed: unknown; expected one of answer_tokens"),
        ("[questions]", "[extra]\nx = 1\n[questions]", "key extra: unknown; expected one of"),
        ("[questions]", "[question]", "key questions: expected a table, got nothing"),
        ("[questions]", "[questions", "expected TOML"),
        ("[questions]", '[centring]\nextra_personas = {cook = "a chef"}\n[questions]', "a persona that is not in the study"),
        ('cook = "a cook"', '"a\\nb" = "a cook"', "key personas.'a\\nb', its name: expected a text of at most 100 characters, without anything that is not printable"),
        ('cook = "a cook"', '" cook" = "a cook"', "key personas.' cook', its name: expected a text of at most 100 characters, without spaces around it"),
        ('cook = "a cook"', f'"{"c" * 101}" = "a cook"', "expected a text of at most 100 characters"),
        ('cook = "a cook"', 'cook = "a cook"\nCook = "another"', "key personas: expected each name once, got 'Cook', there before as 'cook'"),
        ('cook = "a cook"', 'Assistant = "a cook"', "key personas: expected each name once, got 'assistant', there before as 'Assistant'"),
        ('cook = "a cook"', 'cook = "A  Pilot"', "personas.pilot: expected a text that cook does not have, got 'a pilot'"),
        ('cook = "a cook"', 'cook = "a \\u0007 cook"', "personas.cook: expected a text of at most 10000 characters, without control characters"),
        ('"Speak as {persona}."', '"YOU are  {persona}."', "wordings.templates[1]: expected each of the wordings once, got 'YOU are  {persona}.', there before as 'You are {persona}.'"),
        ('"How come?"', '"why\\u200b?"', "questions.evaluation[1]: expected each of the questions once, got 'why\\u200b?', there before as 'Why?'"),
        ("resamples = 120", "resamples = 10_000_000_000", "measurement.resamples: expected a whole number from 100 to 100000, got 10000000000"),
        ("reference_hidden_state = 11", "reference_hidden_state = 29", "measurement.reference_hidden_state: expected at most the 28 of reference_blocks, got 29"),
        ("[measurement]", '[calibration_personas]\nchef = "a chef"\n[measurement]', "key calibration_personas: expected a table 'experiment' beside it"),
        ("[questions]", '[centring]\nextra_personas = {Cook = "a chef"}\n[questions]', "key centring.extra_personas.Cook: expected a persona that is not in the study, as 'cook' is, got 'a chef'"),
        ("[questions]", '[centring]\nextra_personas = {chef = "A cook"}\n[questions]', "key centring.extra_personas.chef: expected a persona that is not in the study, as 'a cook' is, got 'A cook'"),
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


def test_resamples_that_would_not_fit_into_memory(tmp_path, study_text):
    """A hundred personas in three wordings leave room for fewer resamples than six do."""
    path = tmp_path / "study.toml"
    more = "".join(f'p{k} = "persona {k}"\n' for k in range(300))
    path.write_text(study_text.replace("resamples = 120", "resamples = 100_000"))
    assert read_study(path).resamples == 100_000
    path.write_text(study_text.replace("[personas]", f"[personas]\n{more}").replace("= 120", "= 1000"))
    with pytest.raises(
        StudyError, match=r"key measurement\.resamples: expected at most 477, with 3 wordings"
    ):
        read_study(path)


@pytest.mark.parametrize("value", ["1", "5", "true", "[]"])
def test_a_key_of_earlier_versions_is_refused_with_what_takes_its_place(tmp_path, study_text, value):
    path = tmp_path / "study.toml"
    path.write_text(study_text.replace("[measurement]", f"[measurement]\nshallowest_layer = {value}"))
    with pytest.raises(StudyError) as caught:
        read_study(path)
    assert str(caught.value) == (
        f"{path}: key measurement.shallowest_layer: no longer a key: no layer is chosen any more, cosines are "
        "averaged over the upper half of the layers; leave it out"
    )


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
