"""The whole measurement on a tiny model, against a plain loop; reliability and resampling by themselves."""

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from manylora.loading import load
from manylora.progress import silent
from marker_coupling.measures.geometry import centred_cosine
from marker_coupling.measures.measurement import Draws, draw, sources_distance_to_others
from marker_coupling.measures.reliability import between_wordings, reliability
from marker_coupling.pipeline.plan.base_models import find_base_model
from marker_coupling.pipeline.plan.lazy_model import LazyModel
from marker_coupling.pipeline.stages.measurement import MeasurementStage
from marker_coupling.store.artifacts import ArtifactStore

from ...manylora.tiny_models import save_tiny


@pytest.fixture
def base(tmp_path):
    return find_base_model(str(save_tiny(tmp_path / "tiny")), ArtifactStore(tmp_path))


def measured(base, study, store, precision="auto", progress=silent):
    return MeasurementStage(LazyModel(base, precision), study, store, progress).measurement


@pytest.fixture
def measurement(base, study, tmp_path):
    return measured(base, study, ArtifactStore(tmp_path))


def test_it_equals_a_plain_loop(base, study, measurement):
    loaded = load(base)
    for w, wording in enumerate(study.wordings):
        centroids = []
        for persona in study.personas:
            last = []
            for question in study.questions:
                tokens = loaded.prompt_tokens(study.system_prompt(wording, persona), question)
                with torch.inference_mode():
                    output = loaded.model(torch.tensor([tokens]), output_hidden_states=True)
                last.append(output.hidden_states[2][0, -1].numpy())
            centroids.append(np.mean(last, axis=0))
        expected = centred_cosine(np.array(centroids), range(len(centroids)))
        assert measurement.cosines_by_wording(2)[w] == pytest.approx(expected, abs=1e-4)


def test_personas_that_are_run_together_are_measured_as_alone(
    base, study, measurement, tmp_path, monkeypatch
):
    everybody = [list(study.personas), list(study.centring_extras)]
    monkeypatch.setattr(
        "marker_coupling.measures.hidden_states._groups", lambda *_: [one for one in everybody if one]
    )
    together = measured(base, study, ArtifactStore(tmp_path / "together"))
    np.testing.assert_allclose(together.states, measurement.states, atol=1e-4)
    np.testing.assert_allclose(together.divergences, measurement.divergences, atol=1e-5)
    assert together.answers == measurement.answers


def test_it_is_measured_once(base, study, measurement, tmp_path, monkeypatch):
    monkeypatch.setattr("marker_coupling.measures.hidden_states.measure", None)
    again = measured(base, study, ArtifactStore(tmp_path))
    assert again.sha256 == measurement.sha256
    assert again.determined_by == measurement.determined_by
    assert again.answers == measurement.answers


def test_precision_and_study_are_part_of_what_determined_it(base, study, measurement, tmp_path):
    low = measured(base, study, ArtifactStore(tmp_path), precision="bfloat16")
    assert low.determined_by != measurement.determined_by
    assert low.precision == "bfloat16"
    assert low.cosines(1) == pytest.approx(measurement.cosines(1), abs=0.2)


def test_what_is_derived_has_its_shape_and_bounds(measurement, study):
    personas, sources = len(study.personas), len(study.sources)
    assert measurement.states.shape == (3, personas, 4, 4, 32)
    assert measurement.cosines(1).shape == (personas, personas)
    assert measurement.resampled_cosines(1).shape == (120, personas, personas)
    assert measurement.resampled_divergences.shape == (120, personas, personas)
    assert (measurement.mean_divergence >= 0).all()
    assert (measurement.mean_divergence <= np.log(2)).all()
    assert len(measurement.layers) == measurement.blocks == 3
    assert measurement.composite_layers == (2, 3)
    assert measurement.reference_layer == 1
    assert sources_distance_to_others(measurement.cosines(2)).shape == (sources,)
    assert measurement.prompt_tokens.shape == (3, personas)
    assert all(text in str(measurement) for text in study.sources)
    assert measurement.properties["precision"] == "float32"


def test_the_composite_is_the_mean_of_the_upper_layers_in_everything_that_is_made_of_it(measurement):
    mean = (measurement.cosines(2) + measurement.cosines(3)) / 2
    assert measurement.cosines() == pytest.approx(mean, abs=1e-12)
    assert measurement.cosine_to_assistant == pytest.approx(mean[:-1, -1], abs=1e-12)
    assert (np.abs(measurement.cosines()) <= 1).all()
    resampled = (measurement.resampled_cosines(2) + measurement.resampled_cosines(3)) / 2
    assert measurement.resampled_cosines() == pytest.approx(resampled, abs=1e-12)
    by_wording = measurement.cosines_by_wording()[:, :-1, -1]
    assert measurement.cosine_reliability().value == pytest.approx(between_wordings(by_wording))
    over_wordings = measurement.cosine_reliability_over_wordings()
    assert over_wordings.value == measurement.cosine_reliability().value
    assert measurement.properties["cosine_layers"] == (
        "average of hidden_states[2] to hidden_states[3] of 3 blocks"
    )
    assert measurement.describe_layers() == "average of layers 2 to 3"
    assert str(measurement).startswith("persona  cosine (average of layers 2 to 3)  JS (nats)\n")


def test_a_single_layer_is_an_average_of_one(measurement):
    summary = measurement.layers[1]
    assert measurement.cosine_reliability(2).value == summary.reliability.value
    assert measurement.cosines(2)[:-1, -1] == pytest.approx(summary.cosine_to_assistant)
    assert measurement.describe_layers(2) == "layer 2"


def replaced(study, **changes):
    return type(study)(**{**{n: getattr(study, n) for n in type(study).__dataclass_fields__}, **changes})


def test_the_full_sample_is_the_resample_in_which_everything_is_drawn_once(measurement):
    wordings, questions = np.full((1, 3), 1 / 3), np.full((1, 4), 1 / 4)

    personas = range(len(measurement.personas))
    cosines = measurement._resampled_by_wording((2,), Draws(wordings, questions), personas)
    assert np.einsum("bw,bwij->bij", wordings, cosines)[0] == pytest.approx(measurement.cosines(2), abs=1e-9)


def test_more_personas_in_the_mean_change_the_cosines_but_not_their_number(
    base, study, measurement, tmp_path
):
    wider = replaced(study, centring_extras={"sailor": "a sailor"})
    found = measured(base, wider, ArtifactStore(tmp_path))
    assert found.cosines(2).shape == measurement.cosines(2).shape
    assert not np.allclose(found.cosines(2), measurement.cosines(2))


def test_order_of_personas_changes_nothing_but_order(base, study, measurement, tmp_path):
    names = list(study.sources)[::-1]
    turned = replaced(study, personas={n: study.personas[n] for n in [*names, "assistant"]})
    found = measured(base, turned, ArtifactStore(tmp_path))
    order = [list(study.personas).index(name) for name in turned.personas]
    assert found.cosines(2) == pytest.approx(measurement.cosines(2)[np.ix_(order, order)], abs=1e-4)
    assert found.mean_divergence == pytest.approx(measurement.mean_divergence[np.ix_(order, order)], abs=1e-6)


def test_progress_is_told_from_first_to_last(base, study, tmp_path):
    told = []
    measured(base, study, ArtifactStore(tmp_path / "other"), progress=lambda *step: told.append(step))
    assert [done for _, done, _ in told] == list(range(1, 19))
    assert {total for _, _, total in told} == {18}


@given(st.integers(0, 1000), st.integers(2, 5), st.integers(3, 12))
def test_reliability_is_the_mean_correlation_of_pairs(seed, wordings, personas):
    scores = np.random.default_rng(seed).normal(size=(wordings, personas))
    expected = np.mean([np.corrcoef(a, b)[0, 1] for a, b in itertools.combinations(scores, 2)])
    assert between_wordings(scores) == pytest.approx(expected)
    assert between_wordings(3 * scores + 1) == pytest.approx(expected)
    found = reliability(scores, np.stack([scores] * 5))
    assert (found.low, found.high) == pytest.approx((expected, expected))


def test_reliability_of_wordings_that_give_all_personas_one_score():
    scores = np.array([[0.1, 0.1, 0.1], [0.3, 0.7, 0.2], [0.2, 0.5, 0.9]])
    assert scores[0].mean() != 0.1  # rounding alone would be a direction
    assert np.isnan(between_wordings(scores))
    assert between_wordings(np.array([[1.0, 2, 4]] * 3)) <= 1


@given(st.integers(2, 6), st.integers(2, 20), st.integers(0, 100))
def test_draws_are_with_replacement_and_repeatable(wordings, questions, seed):
    found, again = draw(50, wordings, questions, seed), draw(50, wordings, questions, seed)
    assert found.wordings.sum(axis=1) == pytest.approx(1)
    assert found.questions.sum(axis=1) == pytest.approx(1)
    assert (found.questions == again.questions).all()
    assert found.questions * questions == pytest.approx(np.rint(found.questions * questions))
