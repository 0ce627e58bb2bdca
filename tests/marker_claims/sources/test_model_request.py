"""Options read into a request: which base model, study and recipe, and what one of them implies for another."""

from __future__ import annotations

import pytest

from marker_claims.sources.model_request import ORIGINAL_MODEL, read_request, requested_name
from marker_coupling.study.study import StudyError


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ({}, "smollm2-135m"),
        ({"trains_adapters": True}, ORIGINAL_MODEL),
        ({"base_model": "toy", "trains_adapters": True}, "toy"),
        ({"base_model": "none"}, "none"),
        ({"base_model": "owner/name"}, "owner/name"),
    ],
)
def test_the_base_model(configured, options, name):
    assert requested_name(configured(**options)) == name


def test_a_folder_goes_before_a_hub_s_name_but_not_before_ours(configured, tmp_path):
    for folder in ("owner/name", "toy", "none"):
        (tmp_path / folder).mkdir(parents=True)
    assert requested_name(configured(base_model="owner/name")) == str(tmp_path / "owner/name")
    assert requested_name(configured(base_model="toy")) == "toy"
    assert requested_name(configured(base_model="none")) == "none"


@pytest.mark.parametrize(
    ("name", "study", "recipe"),
    [
        ("toy", "fixtures/toy/study.toml", "toy"),
        ("smollm2-135m", "fixtures/study.toml", "original"),
    ],
)
def test_files_that_no_option_names_suit_the_model(configured, pytestconfig, name, study, recipe):
    request = read_request(configured(trains_adapters=True), name)
    assert request.study_file == pytestconfig.rootpath / study
    assert request.recipe.name == recipe
    assert request.seeds == request.study.experiment.seeds
    assert not request.pinned


def test_a_run_that_only_measures_reads_no_recipe(configured):
    request = read_request(configured(recipe="absent.toml"), "toy")
    assert (request.recipe, request.seeds) == (None, ())
    assert (request.device, request.chosen_device(), request.precision) == ("cpu", "cpu", "auto")


def test_options_go_before_the_files(configured, tmp_path):
    options = {"seeds": (7,), "precision": "float32", "device": "cuda:3", "artifacts": "kept"}
    request = read_request(configured(trains_adapters=True, **options), "toy")
    assert (request.seeds, request.precision, request.chosen_device()) == ((7,), "float32", "cuda:3")
    assert request.store.root == tmp_path / "kept"


def test_what_options_pin_is_not_calibrated(configured):
    default = read_request(configured(trains_adapters=True), "toy").recipe.optimization
    pinned = read_request(configured(trains_adapters=True, epochs=3), "toy")
    assert pinned.pinned
    assert pinned.recipe.optimization.epochs == 3
    assert pinned.recipe.optimization.learning_rate == default.learning_rate


def test_training_needs_a_study_with_an_experiment(configured, pytestconfig, tmp_path):
    text = (pytestconfig.rootpath / "fixtures/small/study.toml").read_text(encoding="utf-8")
    (tmp_path / "study.toml").write_text(text.partition("[experiment]")[0], encoding="utf-8")
    with pytest.raises(StudyError) as caught:
        read_request(configured(trains_adapters=True, study="study.toml"), "toy")
    assert str(caught.value).startswith(f"{tmp_path / 'study.toml'}: key ")


@pytest.mark.parametrize(
    ("options", "device"),
    [
        ({}, "cpu"),
        ({"ray": "auto"}, "cpu"),
        ({"trains_adapters": True, "ray": "auto"}, "cuda"),
        ({"trains_adapters": True, "ray": "auto", "device": "cpu"}, "cpu"),
        ({"trains_adapters": True}, None),
    ],
)
def test_a_cluster_s_workers_have_the_gpus(configured, options, device):
    assert read_request(configured(**options), "toy").device == device
