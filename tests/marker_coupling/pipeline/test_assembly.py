"""From results to evidence: every count in its place, and what tells nothing is said to, with the reason."""

import dataclasses
import importlib.metadata

import numpy as np
import pytest

from marker_coupling.measures.measurement import ModelMeasurement
from marker_coupling.pipeline.assembly import AdapterResult, assemble_evidence
from marker_coupling.pipeline.plan.calibration import Calibration, SettingFigures
from marker_coupling.pipeline.stages.sampled_answers import MarkerCounts
from marker_coupling.study.adapter_groups import adapter_groups

from ..tiny_experiment import RECIPE, STUDY

RELIABLE = dataclasses.replace(STUDY, smallest_reliability=0.8)
COUPLING = {"source_rate", "leakage", "leak_to_assistant", "marker_probability"}
PROMPTS = (*STUDY.sources, "assistant")
SOURCES = STUDY.sources


def rolled(values, agree):
    """The same in three wordings; or the sources in turn, which correlate by -1/3 on average.

    Four values and the same four moved by 1, 2 and 3 places have correlations that add up to -1; by 1 and by 3
    they are the same. Of three wordings two pairs are 1 apart and one is 2 apart.
    """
    sources = [0, 1, 2, 3]
    return np.stack([values[[*np.roll(sources, 0 if agree else turn), 4]] for turn in range(3)])


def measurement_of(study=RELIABLE, wordings_agree=True, behaviour_agrees=True):
    """What might have been measured."""
    numbers = np.random.default_rng(0)
    personas, questions = len(study.personas), len(study.questions)
    states = numbers.normal(size=(personas, questions, 4, 8))
    divergences = numbers.uniform(0, 0.6, (personas, personas, questions))
    return ModelMeasurement(
        study=study, base_model="tiny", fingerprint="0a1b", precision="float32", device="cpu",
        states=rolled(states, wordings_agree).astype(np.float32),
        divergences=rolled(divergences, behaviour_agrees),
        prompt_tokens=np.ones((3, personas), dtype=np.int64),
        answers=("Because.",) * questions, determined_by="a test",
    )  # fmt: skip


def results_of(own=60, others=10, seed=1, crossed=None):
    """An adapter a source with so many hits of 100, then the controls."""
    found = []
    for group in adapter_groups(STUDY, RECIPE, seed):
        for task in group:
            place = SOURCES.index(task.source)
            hits = [own if persona == task.source else others + place for persona in PROMPTS]
            found.append(
                AdapterResult(
                    task=task,
                    counts=tuple(MarkerCounts(0 if task.control == "no-marker" else n, 100, place) for n in hits),
                    probability=tuple(0.1 * place + 0.01 * k for k in range(5)),
                    other="" if task.is_control else SOURCES[place - 1],
                    crossed=() if task.is_control else tuple(MarkerCounts(n, 10, 0) for n in crossed or (4, 3, 2, 1 + place)),
                    keys={"adapter": f"key of {task.source}"},
                )
            )  # fmt: skip
    return found


def evidence_of(recipe=RECIPE, calibration=None, own=60, others=10, crossed=None, **measured):
    results = results_of(own, others, crossed=crossed)
    return assemble_evidence(measurement_of(**measured), recipe, calibration, PROMPTS, results, "d")


def calibration_with(problem):
    figures = SettingFigures(1e-2, 1, 50, 100, 10, 100)
    return Calibration((figures,), figures, problem)


def test_every_number_comes_to_its_place():
    measurement, evidence = measurement_of(), evidence_of()
    assert evidence.name == "tiny-seed1"
    assert evidence.personas == SOURCES
    assert evidence.cosine_to_assistant == pytest.approx(measurement.cosines(2, 3)[:4, 4])
    assert evidence.js_to_assistant == pytest.approx(measurement.mean_divergence[:4, 4])
    assert evidence.marker_hits.tolist() == [60] * 4
    assert evidence.leakage.hits[2].tolist() == [12, 12, 60, 12, 12]
    assert evidence.leak_to_assistant == pytest.approx([0.10, 0.11, 0.12, 0.13])
    assert evidence.marker_probability[3] == pytest.approx([0.30, 0.31, 0.32, 0.33, 0.34])
    assert evidence.dissociation.hits[2].tolist() == [[4, 3], [2, 3]]
    assert evidence.dissociation.others == ("nurse", "cook", "pilot", "poet")
    # Three questions, one negative persona: three of six examples carry the marker.
    assert evidence.trained_rate == 0.5
    assert evidence.shuffled_control.hits.max() == 60
    assert evidence.unmarked_control.hits.max() == 0
    assert evidence.shuffled_control.sources == evidence.unmarked_control.sources
    assert evidence.determinants == "d"
    assert evidence.uninformative == {}


def test_without_controls_there_are_none():
    own = [one for one in results_of() if one.task.control == "none"]
    evidence = assemble_evidence(measurement_of(), RECIPE, None, PROMPTS, own, "d")
    assert evidence.shuffled_control is evidence.unmarked_control is None
    assert "controls" not in evidence.measures


def test_provenance_is_enough_to_repeat_it():
    calibration = calibration_with("")
    found = evidence_of(calibration=calibration).provenance
    assert found["seed"] == 1
    assert found["study"] == RELIABLE.content()
    assert found["recipe"] == dataclasses.asdict(RECIPE)
    assert found["calibration"] == dataclasses.asdict(calibration)
    assert [one["source"] for one in found["adapters"][:4]] == list(SOURCES)
    assert [one["control"] for one in found["adapters"]] == ["none"] * 4 + ["shuffled-personas", "no-marker"]
    tasks = [task for group in adapter_groups(STUDY, RECIPE, 1) for task in group]
    assert [one["negatives"] for one in found["adapters"]] == [list(task.negatives) for task in tasks]
    assert [one["truncated_answers"] for one in found["adapters"][:4]] == [0, 5, 10, 15]
    assert found["adapters"][1]["keys"] == {"adapter": "key of pilot"}
    assert (found["base_model"], found["fingerprint"], found["device"]) == ("tiny", "0a1b", "cpu")
    assert {"python", "torch", "transformers", "numpy"} <= set(found["versions"])
    cosines = found["measurement"]["cosines"]
    assert (cosines["key"], cosines["layers"]) == ("a test", [2, 3])
    assert cosines["reliability"] == pytest.approx(1)


def test_from_sources_that_are_not_installed_the_provenance_says_so(monkeypatch):
    installed = importlib.metadata.version

    def version(name):
        if name == "marker-coupling":
            raise importlib.metadata.PackageNotFoundError(name)
        return installed(name)

    monkeypatch.setattr(importlib.metadata, "version", version)
    found = evidence_of().provenance["versions"]
    assert (found["marker-coupling"], found["torch"]) == ("not installed", installed("torch"))


@pytest.mark.parametrize(("calibration", "how"), [(None, "as written"), (calibration_with(""), "calibrated")])
def test_the_head_of_the_report_says_how_adapters_were_trained(calibration, how):
    properties = evidence_of(calibration=calibration).properties
    assert properties["recipe"] == f"tiny, learning rate 0.01, 1 epochs, {how}"
    assert properties["cosine_layers"].endswith(" of 3 blocks")


def test_wordings_that_disagree_make_the_cosine_uninformative_and_nothing_else():
    assert evidence_of(wordings_agree=False).uninformative == {
        "cosine_to_assistant": "wordings agree too little about average of layers 2 to 3: mean correlation "
        "-0.33, not 0.8"
    }


def test_behaviour_that_differs_with_wordings_makes_js_uninformative():
    found = evidence_of(behaviour_agrees=False).uninformative
    assert set(found) == {"js_to_assistant"}
    assert found["js_to_assistant"] == "wordings agree too little about JS: mean correlation -0.33, not 0.8"


@pytest.mark.parametrize(("own", "gates"), [(22, True), (20, False), (0, False)])
def test_adapters_that_do_not_gate_tell_nothing_of_coupling(own, gates):
    # Bystanders emit it in 10 to 13 of 100, 11.5 on average.
    found = evidence_of(own=own).uninformative
    assert set(found) == (set() if gates else COUPLING)
    if not gates:
        gating = own / 100 - 0.115
        expected = f"adapters do not gate: own less bystander rate {gating:.2f} on average, needed 0.1"
        assert set(found.values()) == {expected}


def test_the_bound_is_the_recipe_s_and_without_calibration_the_project_s():
    strict = dataclasses.replace(RECIPE.calibration, smallest_gating=0.6)
    recipe = dataclasses.replace(RECIPE, calibration=strict)
    assert evidence_of(recipe=recipe).uninformative["leakage"].endswith("needed 0.6")
    without = dataclasses.replace(RECIPE, calibration=None)
    assert evidence_of(recipe=without).uninformative == {}
    assert evidence_of(recipe=without, own=20).uninformative["leakage"].endswith("needed 0.1")


def test_a_calibration_without_a_good_setting_tells_nothing_of_coupling_even_if_adapters_gate():
    found = evidence_of(calibration=calibration_with("no setting is good")).uninformative
    assert found == dict.fromkeys(COUPLING, "no setting is good")
    # That they do not gate is nearer to the fact.
    found = evidence_of(calibration=calibration_with("no setting is good"), own=20).uninformative
    assert set(found) == COUPLING
    assert all(reason.startswith("adapters do not gate") for reason in found.values())


@pytest.mark.parametrize(("crossed", "marked"), [(0, "0 of 160"), (10, "160 of 160")])
def test_a_marker_that_always_or_never_comes_tells_not_what_it_follows(crossed, marked):
    found = evidence_of(crossed=(crossed,) * 4).uninformative
    assert found == {
        "dissociation": f"whatever the prompt and the opening, {marked} answers end with the marker"
    }
