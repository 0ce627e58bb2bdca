"""Evidence with another recipe stands beside the registered study's, and is never judged."""

import dataclasses

import pytest

from marker_claims.registered_study import RegisteredStudy
from marker_claims.sources.registered import registered_sources
from marker_claims.sources.variations import read_variations, recipe_of
from marker_coupling.evidence.values.fields import EvidenceError
from marker_coupling.study.registration_file import read_registration, with_recipe

from ...marker_coupling.simulated_study import as_registered, simulated_bodies


@pytest.fixture(scope="module")
def registration(pytestconfig):
    return read_registration(pytestconfig.rootpath / "fixtures" / "adjudication")


@pytest.fixture(scope="module")
def recipes(pytestconfig):
    return {path.stem: path for path in (pytestconfig.rootpath / "fixtures" / "recipes").glob("*.toml")}


@pytest.fixture
def files(registration, recipes, tmp_path):
    """Two base models as registered, and one with another recipe."""
    bodies = [as_registered(body, registration) for body in simulated_bodies("", personas=192)]
    on_policy = with_recipe(registration, recipes["on-policy"])
    named = {f"{body.base_model}": body for body in bodies} | {
        "model-1-on-policy": dataclasses.replace(bodies[0], registration=on_policy.digest)
    }
    for name, body in named.items():
        body.write(tmp_path / f"{name}.study.json")
    return {name: tmp_path / f"{name}.study.json" for name in named}


def test_a_file_is_named_after_its_recipe(recipes, tmp_path):
    names = ("model-on-policy", "model-original", "model-small", "on-policy-model", "model")
    found = [recipe_of(tmp_path / f"{name}.study.json", recipes) for name in names]
    assert found == ["on-policy", "original", "small", None, None]


def test_a_variation_is_shown_beside_its_base_model_and_judged_nowhere(pytestconfig, files):
    sources = list(registered_sources(pytestconfig, [*files.values()]))
    assert [source.name for source in sources] == [
        "adjudication", "adjudication-model-1", "adjudication-model-2"
    ]  # fmt: skip
    pooled, first, second = (source.load() for source in sources)
    assert [list(study.variations) for study in (pooled, first, second)] == [["on-policy"], ["on-policy"], []]
    (varied,) = pooled.variations["on-policy"]
    shown = f"model-1, recipe on-policy, {varied.sha256}"
    assert pooled.properties["variations_shown"] == first.properties["variations_shown"] == shown
    assert "variations_shown" not in second.properties
    alone = RegisteredStudy(pooled.bodies, pooled.registration, pooled.invalid)
    assert (alone.sha256, alone.determined_by) == (pooled.sha256, pooled.determined_by)


def test_the_registered_recipe_in_a_name_is_no_variation(pytestconfig, registration, tmp_path):
    body = as_registered(simulated_bodies("", personas=192)[0], registration)
    body.write(tmp_path / "model-1-original.study.json")
    (source,) = registered_sources(pytestconfig, [tmp_path / "model-1-original.study.json"])
    assert source.load().variations == {}


def test_a_variation_of_something_else_is_refused(registration, recipes, files):
    simulated_bodies(registration.digest)[0].write(files["model-1-on-policy"])
    with pytest.raises(
        EvidenceError, match=r"on-policy\.study\.json: registration: expected the registration"
    ):
        read_variations([files["model-1-on-policy"]], recipes, registration)


def test_a_variation_has_the_personas_of_the_study(registration):
    body, other = simulated_bodies(registration.digest)
    renamed = dataclasses.replace(other, personas=(*other.personas[1:], "somebody"))
    with pytest.raises(EvidenceError, match="recipe on-policy: personas: expected those of the registered"):
        RegisteredStudy((body,), registration, variations={"on-policy": (renamed,)})


def test_a_variation_alone_is_one_error(pytestconfig, files):
    (source,) = registered_sources(pytestconfig, [files["model-1-on-policy"]])
    assert source.name == "model-1-on-policy"
    assert "expected the registered study's evidence beside it" in source.message
