"""An experiment's cosines are those of a new measurement, and nothing else of its evidence changes."""

from __future__ import annotations

import dataclasses
import shutil

import numpy as np
import pytest

from marker_coupling.evidence.files import read_evidence_file, without_chosen_layer
from marker_coupling.evidence.values.experiment_evidence import ExperimentEvidence
from marker_coupling.evidence.values.fields import EvidenceError
from marker_coupling.pipeline import __main__ as command
from marker_coupling.pipeline.remeasured_cosines import with_remeasured_cosines

from ..experiments_found import evidence_of
from ..tiny_experiment import STUDY, tiny_base
from .test_assembly import measurement_of

MEASUREMENT = measurement_of(study=STUDY)
OLD = {"key": "old", "js_reliability": 0.9, "primary_layer": 1, "reliability": 0.95}


def old_evidence(**changes):
    """Evidence as earlier versions made it, with the cosines of a chosen layer."""
    content = {
        "properties": {
            "study": STUDY.experiment_digest,
            "primary_layer": "hidden_states[1] of 3 blocks",
            "seed": "1",
        },
        "provenance": {"fingerprint": MEASUREMENT.fingerprint, "measurement": OLD, "seed": 1},
    }
    return evidence_of(**content | changes)


def test_cosines_are_the_composite_s_and_all_else_stays():
    old = old_evidence()
    new = with_remeasured_cosines(old, MEASUREMENT)
    assert new.cosine_to_assistant == pytest.approx(MEASUREMENT.cosines(2, 3)[:4, 4])
    for field in dataclasses.fields(ExperimentEvidence):
        if field.name not in ("cosine_to_assistant", "properties", "provenance", "determinants"):
            assert getattr(new, field.name) is getattr(old, field.name) or (
                np.all(getattr(new, field.name) == getattr(old, field.name))
            ), field.name
    assert new.properties == {
        "study": STUDY.experiment_digest, "seed": "1",
        "cosine_layers": "average of hidden_states[2] to hidden_states[3] of 3 blocks",
        "cosines": "measured anew in float32 on cpu",
    }  # fmt: skip
    measurement = new.provenance["measurement"]
    assert (measurement["key"], measurement["js_reliability"]) == ("old", 0.9)
    assert measurement["cosines"]["layers"] == [2, 3]
    assert "primary_layer" not in measurement
    assert without_chosen_layer(new) is new


def test_every_persona_has_its_own_cosine_whatever_their_order():
    turned = STUDY.sources[::-1]
    new = with_remeasured_cosines(old_evidence(personas=turned), MEASUREMENT)
    expected = MEASUREMENT.cosine_to_assistant[::-1]
    assert (new.personas, new.cosine_to_assistant.tolist()) == (turned, expected.tolist())


def test_the_key_is_that_of_both_and_the_same_if_measured_twice():
    old = old_evidence()
    new = with_remeasured_cosines(old, MEASUREMENT)
    assert new.determinants == f"{old.determinants}; cosines of layers 2 to 3, a test"
    again = with_remeasured_cosines(new, MEASUREMENT)
    assert (again.determinants, again.sha256) == (new.determinants, new.sha256)
    assert (again.properties, again.provenance) == (new.properties, new.provenance)


def test_reliability_is_the_new_one_s():
    chosen = {"cosine_to_assistant": "chosen", "source_rate": "adapters do not gate"}
    strict = dataclasses.replace(STUDY, smallest_reliability=0.8)
    disagreeing = measurement_of(study=strict, wordings_agree=False)
    properties = {"study": strict.experiment_digest}
    old = old_evidence(uninformative=chosen, properties=properties)
    reasons = with_remeasured_cosines(old, disagreeing).uninformative
    assert reasons["source_rate"] == "adapters do not gate"
    assert "average of layers 2 to 3: mean correlation -0.33" in reasons["cosine_to_assistant"]
    agreeing = measurement_of(study=strict)
    assert set(with_remeasured_cosines(old, agreeing).uninformative) == {"source_rate"}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"provenance": {"fingerprint": "x", "measurement": OLD}}, "provenance.fingerprint: expected 0a1b, "),
        ({"provenance": {}}, "provenance.measurement: expected the measurement"),
        ({"provenance": {"measurement": "x"}}, "provenance.measurement: expected the measurement"),
        ({"properties": {}}, "properties.study: expected "),
        ({"personas": ("cook", "pilot", "poet", "monk")}, "personas: expected "),
    ],
)
def test_evidence_of_something_else_is_refused(changes, message):
    with pytest.raises(EvidenceError, match=message):
        with_remeasured_cosines(old_evidence(**changes), MEASUREMENT)


def test_nothing_is_judged_on_cosines_of_a_chosen_layer(tmp_path):
    path = tmp_path / "old.evidence.json"
    old_evidence(uninformative={"dissociation": "never"}).write(path)
    reasons = read_evidence_file(path).uninformative
    assert reasons["dissociation"] == "never"
    assert reasons["cosine_to_assistant"].startswith("cosines are those of layer 1, chosen by an earlier")
    # The file is kept as it is.
    assert ExperimentEvidence.read(path).uninformative == {"dissociation": "never"}
    for odd in (None, [], "layer", {"primary_layer": None}):
        evidence = evidence_of(provenance={"measurement": odd})
        assert without_chosen_layer(evidence) is evidence


@pytest.fixture
def files(tmp_path, study_text):
    """A base model, its study and an experiment's evidence, from which a folder is made."""
    base = tiny_base(tmp_path / "tiny")
    study = tmp_path / "study.toml"
    study.write_text(study_text)
    return base, study, tmp_path / "out"


def test_the_command_writes_beside_and_not_over(files, tmp_path, capsys):
    from marker_coupling.study.study import read_study

    base, study, out = files
    given = tmp_path / "mine.evidence.json"
    sources = read_study(study).sources
    old_evidence(
        personas=sources,
        properties={"study": read_study(study).experiment_digest},
        provenance={"fingerprint": base.fingerprint, "measurement": OLD},
    ).write(given)
    before = given.read_bytes()
    arguments = [
        "cosines", str(given), f"--study={study}", f"--base-model={base.directory}", f"--save={out}",
        f"--artifacts={tmp_path / 'store'}",
    ]  # fmt: skip
    assert command.main(arguments) == 0
    assert given.read_bytes() == before
    new = read_evidence_file(out / "mine.evidence.json")
    assert (np.abs(new.cosine_to_assistant) <= 1).all()
    assert (
        "cosine_to_assistant" not in new.uninformative
        or "wordings" in new.uninformative["cosine_to_assistant"]
    )
    shutil.rmtree(out)
    old_evidence().write(given)
    capsys.readouterr()
    assert command.main(arguments) == 1
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert line.startswith(f"error: {given}: provenance.fingerprint: expected ")
    assert not (out / given.name).exists()
