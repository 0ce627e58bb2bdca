"""Experiments that cannot be run: one line that names the key, and what was computed before is kept."""

import dataclasses

import pytest
from tokenizers import normalizers

from manylora.errors import ManyLoraError
from manylora.loading import load
from marker_coupling.study.errors import (
    AnswersTruncatedError,
    ExperimentError,
    MarkerDestroyedError,
    MarkerTruncatedError,
)
from marker_coupling.study.recipe import RecipeError
from marker_coupling.study.study import StudyError

from ..tiny_experiment import DESIGN, RECIPE, STUDY, tiny_base, tiny_experiment


@pytest.fixture
def base(tmp_path):
    return tiny_base(tmp_path / "tiny")


def design_with(**changes):
    return dataclasses.replace(STUDY, experiment=dataclasses.replace(DESIGN, **changes))


def shape_with(**changes):
    return dataclasses.replace(RECIPE, adapter=dataclasses.replace(RECIPE.adapter, **changes))


@pytest.mark.parametrize(
    ("study", "recipe", "error", "message"),
    [
        (
            dataclasses.replace(STUDY, experiment=None), RECIPE, StudyError,
            "key experiment: expected a table, as adapters are to be trained, got nothing",
        ),
        (
            STUDY, dataclasses.replace(RECIPE, negative_personas=4), RecipeError,
            "tiny.toml: key training_set.negative_personas: expected fewer than the study's 4 source "
            "personas, got 4",
        ),
    ],
)  # fmt: skip
def test_what_does_not_fit_together_is_said_before_anything_is_loaded(
    base, tmp_path, study, recipe, error, message
):
    with pytest.raises(error) as caught:
        tiny_experiment(base, tmp_path / "artifacts", study, recipe)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("study", "recipe", "error", "message"),
    [
        (
            design_with(calibration_personas={"sailor": "a sailor"}), RECIPE, ExperimentError,
            "key calibration_personas: expected at least 2, to calibrate the recipe on, got 1; or pin",
        ),
        (
            STUDY, shape_with(projections=("q_proj", "k_prj")), ManyLoraError,
            "adapter.projections: expected linear modules of tiny, which has no k_prj",
        ),
        (
            design_with(longest_training_answer=1), RECIPE, AnswersTruncatedError,
            "longest_training_answer = 1: expected answers or sentences that end before this many tokens, got none in 3",
        ),
        (
            STUDY, dataclasses.replace(RECIPE, longest_example=60), MarkerTruncatedError,
            "within longest_example = 60 tokens",
        ),
        (
            design_with(marker="\N{SNOWMAN}"), RECIPE, MarkerDestroyedError,
            "marker '\N{SNOWMAN}': expected tiny's tokenizer and chat template to keep it",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_trained_is_one_line(base, tmp_path, study, recipe, error, message):
    with pytest.raises(error) as caught:
        tiny_experiment(base, tmp_path / "artifacts", study, recipe).evidence(1)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_was_computed_before_it_went_wrong_is_kept(base, tmp_path):
    short = dataclasses.replace(RECIPE, longest_example=60)
    with pytest.raises(MarkerTruncatedError):
        tiny_experiment(base, tmp_path / "artifacts", STUDY, short).evidence(1)
    (kept,) = (tmp_path / "artifacts" / "answers").glob("*/manifest.json")
    before = kept.stat().st_mtime_ns
    experiment = tiny_experiment(base, tmp_path / "artifacts", pinned=True)
    assert experiment.evidence(1).personas == STUDY.sources
    assert kept.stat().st_mtime_ns == before


def test_the_marker_is_looked_at_when_the_model_is_loaded(base, tmp_path, monkeypatch):
    def lower(*args):
        loaded = load(*args)
        loaded.tokenizer.backend_tokenizer.normalizer = normalizers.Lowercase()
        return dataclasses.replace(loaded)  # one that has tokenized nothing yet

    monkeypatch.setattr("manylora.loading.load", lower)
    with pytest.raises(MarkerDestroyedError):
        _ = tiny_experiment(base, tmp_path / "artifacts").model.loaded


def test_projections_that_the_model_lacks_are_found_before_anything_is_computed(base, tmp_path):
    adapter = dataclasses.replace(RECIPE.adapter, projections=("q_proj", "c_attn"))
    recipe = dataclasses.replace(RECIPE, adapter=adapter)
    with pytest.raises(ManyLoraError, match=r"which has no c_attn; it has down_proj, gate_proj, k_proj"):
        tiny_experiment(base, tmp_path / "artifacts", STUDY, recipe).evidence(1)
    assert not list((tmp_path / "artifacts").glob("*/*/manifest.json"))
