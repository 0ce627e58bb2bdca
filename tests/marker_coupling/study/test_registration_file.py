"""A registration is read whole, and one that is not sound is one line."""

import shutil
from itertools import chain

import pytest

from marker_coupling.analysis.decisions.hypotheses import GATEKEEPING, HYPOTHESES
from marker_coupling.analysis.decisions.sequence import ALPHA_ONE_SIDED
from marker_coupling.analysis.decisions.verdict import SMALLEST_EFFECT
from marker_coupling.analysis.study_analysis import LEAST_RELIABILITY
from marker_coupling.study.registration_file import RegistrationError, read_registration, with_recipe


@pytest.fixture
def folder(pytestconfig, tmp_path):
    """A copy of the registered study, with the files that it names."""
    fixtures = pytestconfig.rootpath / "fixtures"
    shutil.copytree(fixtures / "adjudication", tmp_path / "adjudication")
    shutil.copytree(fixtures / "recipes", tmp_path / "recipes")
    shutil.copy(fixtures / "study.toml", tmp_path)
    return tmp_path / "adjudication"


def test_what_is_registered_is_what_the_analysis_does(folder):
    registered = read_registration(folder).analysis
    statements = {hypothesis.id: hypothesis.statement for hypothesis in registered.hypotheses}
    assert list(statements.items()) == [(hypothesis.id, hypothesis.statement) for hypothesis in HYPOTHESES]
    assert next(iter(statements)) == next(id for id, share in GATEKEEPING.shares.items() if share == 1)
    assert (registered.alpha, registered.smallest_effect) == (ALPHA_ONE_SIDED, SMALLEST_EFFECT)
    assert read_registration(folder).calibration.least_reliability == LEAST_RELIABILITY


def test_all_pools_have_prompts_and_the_assistant_is_the_last(folder):
    registration = read_registration(folder)
    personas = registration.personas
    pools = (personas.sources, personas.calibration, personas.reference_panel)
    keys = {persona.key for persona in chain(*(pool.personas for pool in pools), personas.negatives.personas)}
    assert set(registration.study.sources) == keys
    assert list(registration.study.personas)[-1] == "assistant"


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("seeds = [42, 137, 256, 1024, 2718]", "seeds = [42, 43]", "study.seeds[1]: expected a seed that has negatives in negatives.toml, got 43"),
        ("seeds = [42, 137, 256]\n", "seeds = [7]\n", "calibration.seeds[0]: expected a seed that has negatives"),
        ('questions_of = "../study.toml"', 'questions_of = "../small.toml"', "small.toml"),
        ("questions = 6", "questions = 21", "curve.questions: expected at most the 20 evaluation questions, got 21"),
        ('outcomes = ["area",', 'outcomes = ["surface",', "calibration.outcomes[0]: expected one of area, forced, source"),
        ("alpha = 0.025", "alpha = 2", "analysis.alpha: expected a number from 1e-06 to 0.5, got 2"),
        ('id = "leak"', 'name = "leak"', "hypotheses[8]"),
        ("bystanders = 4", "bystanders = 0", "study.bystanders: expected a whole number from 1"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_one_line(folder, before, after, expected):
    path = folder / "registration.toml"
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after), encoding="utf-8")
    with pytest.raises(ValueError, match=r"\.toml") as caught:
        read_registration(folder)
    assert expected in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_recipe_has_two_negatives(folder):
    path = folder.parent / "recipes" / "original.toml"
    path.write_text(
        path.read_text("utf-8").replace("negative_personas = 2", "negative_personas = 3"), "utf-8"
    )
    with pytest.raises(
        RegistrationError, match=r"negative_personas: expected 2, as the study.s negatives come in pairs, got"
    ):
        read_registration(folder)


def test_another_recipe_makes_another_study(folder):
    registered, recipes = read_registration(folder), folder.parent / "recipes"
    varied = with_recipe(registered, recipes / "on-policy.toml")
    assert (varied.variation, varied.recipe.answers) == ("on-policy", "on-policy")
    assert varied.digest != registered.digest
    assert varied.personas == registered.personas
    same = with_recipe(registered, recipes / "original.toml")
    assert (same.variation, same.digest) == ("", registered.digest)
    path = recipes / "on-policy.toml"
    path.write_text(path.read_text().replace("negative_personas = 2", "negative_personas = 3"))
    message = r"on-policy\.toml: training_set\.negative_personas: expected 2, as .* in pairs, got 3"
    with pytest.raises(RegistrationError, match=message):
        with_recipe(registered, path)
