"""The command line of a registered study, and the report of its calibration."""

import json

import numpy as np
import pytest

from marker_coupling.analysis.validity import retrieval, validity_check
from marker_coupling.evidence.values.study_evidence import CALIBRATION_SUFFIX, StudyEvidence
from marker_coupling.pipeline import __main__ as command
from marker_coupling.pipeline.calibration_report import retrieval_by_layer
from marker_coupling.study.personas import PersonaPool

from ..tiny_registration import FIXTURE, tiny_registered, tiny_registration


@pytest.fixture(scope="module")
def registration():
    """The tiny one, with as many calibration personas as the check of validity needs."""
    import dataclasses

    from marker_coupling.study.registration_file import read_registration

    tiny, whole = tiny_registration(), read_registration(FIXTURE)
    pool = PersonaPool(whole.personas.calibration.personas[:9])
    personas = dataclasses.replace(tiny.personas, calibration=pool)
    return dataclasses.replace(tiny, personas=personas)


@pytest.fixture(scope="module")
def saved(registration, tmp_path_factory):
    """The folder that ``calibrate`` writes, and what it prints."""
    folder = tmp_path_factory.mktemp("calibration")
    experiment = tiny_registered(folder)
    base = str(experiment.plan.base.directory)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(command, "read_registration", lambda _: registration)
        arguments = ["study", "--base-model", base, "--artifacts", str(folder / "store"), "--group", "40"]
        assert command.main(["calibrate", *arguments, "--save", str(folder / "out")]) == 0
        assert command.main(["draw", "study", str(folder / "out")]) == 0
    return folder / "out"


def test_the_report_has_every_setting_and_the_check_of_validity(saved, registration):
    (path,) = saved.glob(f"*{CALIBRATION_SUFFIX}")
    report = json.loads(path.read_text(encoding="utf-8"))
    assert report["registration"] == registration.digest
    assert [setting["learning_rate"] for setting in report["settings"]] == [1e-2, 2e-2]
    assert set(report["settings"][0]["reliability"]) == {"area", "forced", "source"}
    assert report["chosen"]["problem"].startswith("no setting gates")
    layers = len(report["validity"]["agreement"]["by_layer"])
    assert layers == len(report["validity"]["retrieval_by_layer"]) == 3
    bounds = validity_check.ValidityBounds()
    agrees = report["validity"]["agreement"]["value"] >= bounds.agreement
    assert agrees or any("descriptions agree" in failure for failure in report["validity"]["failures"])


def test_another_recipe_is_calibrated_under_a_name_of_its_own(tmp_path, monkeypatch):
    saved = []
    monkeypatch.setattr(command, "_calibrate", lambda experiment, _: saved.append(experiment))
    experiment, recipes = tiny_registered(tmp_path), FIXTURE.parent / "recipes"
    arguments = ["calibrate", str(FIXTURE), "--base-model", str(experiment.plan.base.directory)]
    for recipe in ("on-policy", "original"):
        assert command.main([*arguments, "--recipe", str(recipes / f"{recipe}.toml")]) == 0
    varied, registered = saved
    assert (varied.name, registered.name) == ("tiny-on-policy", "tiny")
    assert varied.registration.recipe.answers == "on-policy"


def test_figures_are_drawn_in_both_formats(saved):
    assert {path.name for path in saved.iterdir()} > {
        "validity.png", "validity.pdf", "reliability.png", "reliability.pdf",
    }  # fmt: skip


def test_retrieval_at_each_layer_is_that_of_its_similarities(tmp_path):
    experiment = tiny_registered(tmp_path)
    geometry = experiment.geometry(experiment.registration.personas.sources)
    found = retrieval_by_layer(geometry)
    for share, similarity in zip(found, geometry.similarity, strict=True):
        nearest = similarity[1:].argmax(axis=2)
        assert share == pytest.approx(np.mean(nearest == np.arange(4)))
        assert share == retrieval.nearest_names(similarity[1:]).share


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["calibrate", "nowhere", "--base-model", "toy"], "registration.toml"),
        (["draw", str(FIXTURE), "nowhere"], f"nowhere: expected files NAME{CALIBRATION_SUFFIX}, found none"),
        (["calibrate", str(FIXTURE), "--base-model", "./nothing"], "nothing"),
        (["calibrate", "~nobody_here/study", "--base-model", "toy"], "~nobody_here/study/registration.toml"),
    ],
)
def test_what_is_wrong_is_one_line(arguments, expected, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert command.main([*arguments, *(["--artifacts", "a"] if arguments[0] != "draw" else [])]) == 1
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert line.startswith("error: ")
    assert expected in line


def measure(tmp_path, report):
    """Run ``measure`` on the tiny model with a report of its calibration."""
    experiment = tiny_registered(tmp_path)
    base, file = experiment.plan.base, tmp_path / f"tiny{CALIBRATION_SUFFIX}"
    known = {"registration": experiment.registration.digest, "fingerprint": base.fingerprint}
    file.write_text(json.dumps(known | report), encoding="utf-8")
    arguments = ["study", "--base-model", str(base.directory), "--calibration", str(file)]
    return command.main(
        ["measure", *arguments, "--artifacts", str(tmp_path / "store"), "--save", str(tmp_path)]
    )


CHOSEN = {"learning_rate": 1e-2, "epochs": 1, "outcome": "area", "problem": ""}


def test_sources_are_measured_in_the_chosen_setting(tmp_path, monkeypatch):
    monkeypatch.setattr(command, "read_registration", lambda _: tiny_registration())
    assert measure(tmp_path, {"chosen": CHOSEN}) == 0
    evidence = StudyEvidence.read(tmp_path / "tiny.study.json")
    assert (evidence.learning_rate, evidence.epochs, evidence.outcome) == (1e-2, 1, "area")
    assert len(evidence.personas) == 4


@pytest.mark.parametrize(
    ("report", "expected"),
    [
        ({"chosen": CHOSEN | {"learning_rate": None, "problem": "no setting gates"}}, "no setting gates"),
        ({"chosen": CHOSEN, "registration": "another"}, "key registration: expected "),
        ({"chosen": CHOSEN, "fingerprint": "another"}, "key fingerprint: expected "),
        ({}, "expected a calibration of a registered study"),
        ({"chosen": CHOSEN | {"learning_rate": "abc"}}, "key chosen: expected a number"),
        ({"chosen": CHOSEN | {"learning_rate": True}}, "key chosen: expected a number"),
        ({"chosen": CHOSEN | {"learning_rate": 1e300}}, "key chosen: expected a number"),
        (
            {"chosen": CHOSEN | {"learning_rate": 3e-2}},
            "of the registration, 0.01 x 1, 0.02 x 1, got 0.03 x 1",
        ),
        ({"chosen": CHOSEN | {"epochs": 2.7}}, "key chosen: expected a whole number"),
        ({"chosen": CHOSEN | {"epochs": True}}, "key chosen: expected a whole number"),
        ({"chosen": CHOSEN | {"epochs": 10**9}}, "key chosen: expected a whole number"),
        ({"chosen": CHOSEN | {"outcome": "abc"}}, "key chosen: expected "),
        ({"chosen": CHOSEN | {"outcome": None}}, "key chosen: expected "),
        ({"chosen": [CHOSEN]}, "expected a calibration of a registered study"),
    ],
)
def test_a_calibration_of_something_else_is_refused(tmp_path, monkeypatch, capsys, report, expected):
    monkeypatch.setattr(command, "read_registration", lambda _: tiny_registration())
    assert measure(tmp_path, report) == 1
    line = capsys.readouterr().err.strip().splitlines()[-1]
    assert line.startswith("error: ")
    assert expected in line


def test_only_a_file_of_the_same_study_and_setting_is_written_again(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(command, "read_registration", lambda _: tiny_registration())
    path = tmp_path / "tiny.study.json"
    path.write_text("my own notes", encoding="utf-8")
    assert measure(tmp_path, {"chosen": CHOSEN}) == 1
    assert "tiny.study.json" in capsys.readouterr().err
    assert path.read_text(encoding="utf-8") == "my own notes"
    path.unlink()
    assert measure(tmp_path, {"chosen": CHOSEN}) == 0
    first = path.read_bytes()
    assert measure(tmp_path, {"chosen": CHOSEN}) == 0
    assert path.read_bytes() == first
    assert measure(tmp_path, {"chosen": CHOSEN | {"learning_rate": 2e-2}}) == 1
    assert "give another folder to --save" in capsys.readouterr().err
    assert path.read_bytes() == first


def test_a_calibration_that_is_not_of_this_study_is_not_overwritten(saved, registration, tmp_path, capsys):
    (path,) = saved.glob(f"*{CALIBRATION_SUFFIX}")
    mine = tmp_path / path.name
    mine.write_text('{"registration": "mine"}', encoding="utf-8")
    base = tiny_registered(tmp_path).plan.base
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(command, "read_registration", lambda _: registration)
        arguments = ["study", "--base-model", str(base.directory), "--artifacts", str(tmp_path / "store")]
        assert command.main(["calibrate", *arguments, "--save", str(tmp_path)]) == 1
    assert f"{path.name}: key registration: expected {registration.digest}" in capsys.readouterr().err
    assert mine.read_text(encoding="utf-8") == '{"registration": "mine"}'


@pytest.mark.parametrize("text", ["0", "-1", "2.5", "many", "1e6", "9" * 30])
def test_a_group_has_at_least_one_adapter(text, capsys):
    with pytest.raises(SystemExit):
        command.main(["calibrate", str(FIXTURE), "--base-model", "toy", f"--group={text}"])
    assert "argument --group: expected a whole number from 1 to 100000" in capsys.readouterr().err.replace(
        ",", ""
    )


def test_where_results_go_is_checked_before_the_work(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(command.RegisteredExperiment, "calibrate", lambda _: pytest.fail("it worked first"))
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "file").write_text("", encoding="utf-8")
    base = tiny_registered(tmp_path).plan.base.directory
    long = base.rename(base.with_name("m" * 120))
    store = ["--artifacts", "~/store"]
    for model, expected in ((long, "name of base model and recipe"), (base, "got a file")):
        arguments = ["calibrate", str(FIXTURE), "--base-model", str(model), *store, "--save=~/file"]
        assert command.main(arguments) == 1
        assert expected in capsys.readouterr().err
        model.rename(base)
    assert (tmp_path / "store").is_dir()


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda report: [], "expected a table"),
        (lambda report: {}, "key base_model: expected"),
        (lambda report: report | {"settings": None}, "expected"),
        (lambda report: report | {"settings": []}, "key settings: expected one with a reliability"),
        (lambda report: report | {"settings": [1]}, "keys settings and chosen: expected what"),
        (lambda report: report | {"chosen": []}, "keys settings and chosen: expected what"),
        (lambda report: report | {"base_model": None}, "key base_model: expected"),
        (lambda report: report | {"validity": {}}, "key validity"),
    ],
)
def test_what_is_no_calibration_is_not_drawn(saved, tmp_path, capsys, change, expected):
    (path,) = saved.glob(f"*{CALIBRATION_SUFFIX}")
    mine = tmp_path / f"mine{CALIBRATION_SUFFIX}"
    mine.write_text(json.dumps(change(json.loads(path.read_text(encoding="utf-8")))), encoding="utf-8")
    assert command.main(["draw", str(FIXTURE), str(tmp_path)]) == 1
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert f"error: {mine}" in line
    assert expected in line
    assert [each.name for each in tmp_path.iterdir()] == [mine.name]


@pytest.mark.parametrize(("device", "threads"), [("cuda:1", 16), ("cpu", None)])
def test_processes_of_several_gpus_share_the_cores(monkeypatch, device, threads):
    said = []
    monkeypatch.setattr(command.os, "cpu_count", lambda: 64)
    monkeypatch.setattr(command.torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(command.torch.cuda, "device_count", lambda: 4)
    monkeypatch.setattr(command.torch, "set_num_threads", said.append)
    command._share_cores(device)
    assert said == ([] if threads is None else [threads])
