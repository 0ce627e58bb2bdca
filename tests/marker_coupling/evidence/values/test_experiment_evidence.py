"""The evidence of an experiment comes back from its file bit by bit, or is one error that names the file."""

import copy
import dataclasses
import json
import re
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from marker_coupling.evidence.values.dissociation import Dissociation
from marker_coupling.evidence.values.evidence import EvidenceError
from marker_coupling.evidence.values.experiment_evidence import FILE, ExperimentEvidence
from marker_coupling.evidence.values.leakage import Leakage

from ...experiments_found import PLAIN, evidence_of, experiments

NEW_MEASURES = {"marker_probability", "dissociation", "controls"}


def content_of(value):
    """What a value holds, arrays and nested values included, to be compared."""
    if dataclasses.is_dataclass(value):
        return {one.name: content_of(getattr(value, one.name)) for one in dataclasses.fields(value)}
    return (value.dtype.kind, value.tolist()) if isinstance(value, np.ndarray) else value


@given(experiments())
def test_what_is_saved_comes_back(evidence):
    with tempfile.TemporaryDirectory() as folder:
        evidence.write(Path(folder) / FILE)
        first = (Path(folder) / FILE).read_bytes()
        again = ExperimentEvidence.read(Path(folder) / FILE)
        again.write(Path(folder) / FILE)
        assert (Path(folder) / FILE).read_bytes() == first
    assert content_of(again) == content_of(evidence)
    assert again.sha256 == evidence.sha256
    assert again.measures == evidence.measures
    assert str(again) == str(evidence)


@given(st.data())
def test_a_file_cut_short_is_one_error_that_names_it(data):
    with tempfile.TemporaryDirectory() as folder:
        evidence_of().write(Path(folder) / FILE)
        path = Path(folder) / FILE
        whole = path.read_bytes()
        path.write_bytes(whole[: data.draw(st.integers(0, len(whole) - 2))])
        with pytest.raises(EvidenceError, match="expected JSON") as caught:
            ExperimentEvidence.read(Path(folder) / FILE)
        assert str(caught.value).startswith(str(path))


@given(st.data())
def test_content_of_another_shape_is_an_error_or_another_evidence(data):
    with tempfile.TemporaryDirectory() as folder:
        evidence_of().write(Path(folder) / FILE)
        path = Path(folder) / FILE
        content = json.loads(path.read_text())
        key = data.draw(st.sampled_from(sorted(content)))
        place, last = content, key
        if isinstance(content[key], dict) and content[key] and data.draw(st.booleans()):
            place, last = content[key], data.draw(st.sampled_from(sorted(content[key])))
        if data.draw(st.booleans()):
            del place[last]
        else:
            place[last] = data.draw(PLAIN)
        path.write_text(json.dumps(content))
        refusal = f"{path}: "
        try:
            ExperimentEvidence.read(Path(folder) / FILE)
        except EvidenceError as error:
            refusal = str(error)
        assert refusal.startswith(f"{path}: ")
        assert "\n" not in refusal


@pytest.mark.parametrize(
    "key", ["rounding", "properties", "uninformative", "leakage", "dissociation", "personas"]
)
def test_a_number_where_a_table_belongs(tmp_path, key):
    evidence_of().write(tmp_path / FILE)
    content = json.loads((tmp_path / FILE).read_text())
    (tmp_path / FILE).write_text(json.dumps(content | {key: 5}))
    with pytest.raises(EvidenceError, match="expected the evidence of an experiment"):
        ExperimentEvidence.read(tmp_path / FILE)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "line 1: expected JSON"),
        ("\x00", "line 1: expected text, found a NUL byte"),
        ('{"name": NaN}', "expected JSON, which has no NaN"),
        ('{"name": "x", "name": "y"}', "expected different keys in an object, 'name' is there twice"),
        ("[]", "expected the evidence of an experiment: expected a table, got an array"),
        ("3", "expected the evidence of an experiment: expected a table, got 3"),
        ('{"name": "x"}', "key personas: expected an array of 1 to 1001 names, got nothing"),
        ('{"leakage": []}', "key name: expected a text of at most 100 characters, got nothing"),
    ],
)
def test_a_file_that_is_no_evidence(tmp_path, text, expected):
    (tmp_path / FILE).write_text(text)
    with pytest.raises(EvidenceError, match=re.escape(expected)):
        ExperimentEvidence.read(tmp_path / FILE)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(
        EvidenceError, match=r"evidence\.json: expected a file that can be read: no such file"
    ):
        ExperimentEvidence.read(tmp_path / FILE)


@given(st.integers(0, 999), st.permutations(range(4)))
def test_the_digest_does_not_mind_the_order_of_personas(seed, order):
    evidence = evidence_of(seed)
    order = list(order)
    leakage, crossed = evidence.leakage, evidence.dissociation
    names = tuple(evidence.personas[k] for k in order)
    columns = [*order, 4]
    turned = dataclasses.replace(
        evidence,
        personas=names,
        cosine_to_assistant=evidence.cosine_to_assistant[order],
        js_to_assistant=evidence.js_to_assistant[order],
        marker_hits=None,
        marker_samples=None,
        leakage=Leakage(names, (*names, "assistant"), leakage.hits[order][:, columns], leakage.samples[order][:, columns]),
        marker_probability=evidence.marker_probability[order][:, columns],
        dissociation=Dissociation(names, tuple(crossed.others[k] for k in order), crossed.hits[order], crossed.samples[order]),
    )  # fmt: skip
    assert turned.sha256 == evidence.sha256
    assert turned.own_marker_probability.tolist() == evidence.own_marker_probability[order].tolist()


def changed_probability(evidence):
    values = evidence.marker_probability.copy()
    values[1, 2] = 1 - values[1, 2]
    return {"marker_probability": values}


def changed_dissociation(evidence):
    crossed = evidence.dissociation
    samples = crossed.samples.copy()
    samples[2, 1, 0] += 1
    return {"dissociation": dataclasses.replace(crossed, samples=samples)}


def changed_control(evidence):
    control = evidence.shuffled_control
    return {"shuffled_control": dataclasses.replace(control, samples=control.samples + 1)}


@pytest.mark.parametrize(
    "change",
    [
        changed_probability,
        changed_dissociation,
        changed_control,
        lambda evidence: {"uninformative": {"source_rate": "no gating"}},
        lambda evidence: {"unmarked_control": None},
        lambda evidence: {"trained_examples": 10},
    ],
)
def test_the_digest_is_of_every_number(change):
    evidence = evidence_of()
    assert dataclasses.replace(evidence, **change(evidence)).sha256 != evidence.sha256


def test_the_digest_is_of_nothing_but_the_numbers():
    evidence = evidence_of()
    renamed = dataclasses.replace(
        evidence, name="x", source="y", properties={}, provenance={}, determinants="z"
    )
    assert renamed.sha256 == evidence.sha256


def test_measures_are_what_is_there():
    assert evidence_of().measures >= NEW_MEASURES
    assert evidence_of().measures >= {
        "cosine_to_assistant",
        "source_rate",
        "leak_to_assistant",
        "persona:cook",
    }
    bare = evidence_of(controls=False, marker_probability=None, dissociation=None)
    assert not bare.measures & NEW_MEASURES
    assert "controls" not in evidence_of(unmarked_control=None).measures
    # A question to the measurement that all experiments on a base model share.
    assert evidence_of().cosine_to_assistant is not None
    assert "distances" not in evidence_of().measures
    with pytest.raises(EvidenceError, match="evidence 'tiny-seed1': marker_probability was not measured"):
        _ = bare.own_marker_probability


def test_the_own_probability_is_that_of_the_own_prompt():
    evidence = evidence_of()
    assert evidence.own_marker_probability.tolist() == np.diag(evidence.marker_probability).tolist()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"marker_probability": np.zeros((4, 4))}, r"marker_probability: expected shape \(4, 5\), got \(4, 4\)"),
        ({"marker_probability": np.full((4, 5), 1.1)}, "marker_probability: expected values from 0 to 1"),
        ({"marker_probability": np.full((4, 5), np.nan)}, "marker_probability: expected finite numbers"),
        ({"leakage": None}, "marker_probability: expected leakage"),
({"dissociation": evidence_of(personas=("cook", "pilot", "nurse", "poet")).dissociation}, "dissociation.sources: expected the personas, in the same order"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(changes, message):
    with pytest.raises(EvidenceError, match=message):
        evidence_of(**changes)


def test_nothing_of_it_can_be_changed():
    evidence, reasons = evidence_of(), {"source_rate": "no gating"}
    uninformative = dataclasses.replace(evidence, uninformative=copy.copy(reasons)).uninformative
    with pytest.raises(TypeError):
        uninformative["leakage"] = "x"
    with pytest.raises(ValueError, match="read-only"):
        evidence.marker_probability[0, 0] = 0
