"""Sources of a base model, as they are offered before anything is loaded."""

from __future__ import annotations

import pytest

from marker_claims.sources import base_model
from marker_claims.sources.base_model import EXPERIMENT_MEASURES, MODEL_MEASURES, base_model_sources
from marker_coupling.evidence.values.experiment_evidence import ExperimentEvidence
from pytest_claims import BrokenEvidence


def offered(config):
    return {source.name: source for source in base_model_sources(config)}


def test_a_model_is_only_measured_unless_adapters_are_asked_for(configured):
    (source,) = base_model_sources(configured(base_model="smollm2-135m"))
    assert source.name == "smollm2-135m"
    named = {measure for measure in source.measures if measure.startswith("persona:")}
    assert source.measures - named == MODEL_MEASURES | {"published_personas"}
    assert len(named) == 10
    assert "persona:librarian" in named
    assert source.marks == ()


def test_other_personas_are_not_compared_with_the_published_ones(configured):
    measures = offered(configured(base_model="toy"))["toy"].measures
    assert "published_personas" not in measures
    assert "persona:librarian" not in measures
    assert measures >= MODEL_MEASURES | {"persona:amber"}


def test_every_seed_is_an_experiment(configured):
    sources = offered(configured(base_model="toy", trains_adapters=True, seeds=(3, 5), device="cpu"))
    assert list(sources) == ["toy", "toy-seed3", "toy-seed5"]
    assert sources["toy-seed3"].measures >= EXPERIMENT_MEASURES | {"controls", "persona:amber"}
    assert all(source.marks == (pytest.mark.gpu,) for source in sources.values())


def test_other_negatives_have_another_trained_rate_than_the_claims_say(configured, pytestconfig, tmp_path):
    text = (pytestconfig.rootpath / "fixtures/recipes/toy.toml").read_text(encoding="utf-8")
    (tmp_path / "three.toml").write_text(text.replace("negative_personas = 2", "negative_personas = 3"))
    options = {"base_model": "toy", "trains_adapters": True, "seeds": (3,)}
    assert "trained_rate" in offered(configured(**options))["toy-seed3"].measures
    assert "trained_rate" not in offered(configured(**options, recipe="three.toml"))["toy-seed3"].measures


@pytest.mark.parametrize(("option", "key"), [("study", "absent.toml"), ("recipe", "absent.toml")])
def test_a_file_that_is_not_there_is_one_broken_source(configured, option, key):
    (source,) = base_model_sources(configured(base_model="toy", trains_adapters=True, **{option: key}))
    assert isinstance(source, BrokenEvidence)
    assert (source.name, "absent.toml: " in source.message) == ("toy", True)


def test_without_what_measures_a_model_is_missed_only_if_it_was_asked_for(configured, monkeypatch):
    monkeypatch.setattr(base_model, "can_measure", lambda: False)
    assert list(base_model_sources(configured())) == []
    assert list(base_model_sources(configured(base_model="none"))) == []
    (source,) = base_model_sources(configured(base_model="toy"))
    assert "pip install 'marker-coupling[model]'" in source.message
    assert base_model.versions_of_libraries() == {}


def test_evidence_in_the_store_has_the_name_of_its_source(configured, monkeypatch, tmp_path):
    """It is looked up once, without an experiment."""
    on_record = next(
        (configured().rootpath / "reports/reference/smollm2-135m/original").glob("*.evidence.json")
    )
    asked = []

    class Plan:
        def __init__(self, *_, **__):
            pass

        def find_evidence(self, _, seed):
            asked.append(seed)
            return ExperimentEvidence.read(on_record)

    monkeypatch.setattr(
        base_model, "find_base_model", lambda name, store: type("Base", (), {"directory": tmp_path})
    )
    monkeypatch.setattr(base_model, "ExperimentPlan", Plan)
    source = offered(configured(base_model="toy", trains_adapters=True, seeds=(3,), device="cpu"))[
        "toy-seed3"
    ]
    assert source.load().name == "toy-seed3"
    assert asked == [3]
