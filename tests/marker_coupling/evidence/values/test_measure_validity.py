"""Validity of a measure as a calibration on file holds it: read whole, or one line that names file and key."""

from __future__ import annotations

import json

import pytest

from marker_coupling.evidence.values.fields import EvidenceError
from marker_coupling.evidence.values.measure_validity import MeasureValidity


@pytest.fixture(scope="module")
def on_record(pytestconfig):
    folder = pytestconfig.rootpath / "reports/reference/adjudication/calibration"
    return folder / "smollm2-135m.calibration.json"


def test_it_holds_the_numbers_of_its_file(on_record):
    validity, content = MeasureValidity.read(on_record), json.loads(on_record.read_text(encoding="utf-8"))
    agreement, retrieval = content["validity"]["agreement"], content["validity"]["retrieval"]
    assert (validity.base_model, validity.personas, validity.blocks) == ("smollm2-135m", 32, 30)
    assert (validity.agreement, validity.chance_agreement) == (agreement["value"], agreement["chance"])
    assert validity.agreement_by_layer == tuple(agreement["by_layer"])
    assert (validity.retrieval, validity.chance_retrieval) == (retrieval["share"], 1 / 32)
    assert validity.registration in validity.determined_by
    assert validity.properties["personas"] == "32"
    assert "    1      -0.08        2%" in str(validity)


def changed(content, path, value):
    key, *rest = path
    return {**content, key: changed(content[key], rest, value) if rest else value}


def test_the_digest_is_of_the_numbers(on_record, tmp_path):
    content = json.loads(on_record.read_text(encoding="utf-8"))
    path = tmp_path / "a.calibration.json"
    path.write_text(json.dumps(content))
    validity = MeasureValidity.read(path)
    assert validity.sha256 == MeasureValidity.read(on_record).sha256
    path.write_text(json.dumps(changed(content, ("validity", "agreement", "value"), 0.5)))
    assert MeasureValidity.read(path).sha256 != validity.sha256
    assert MeasureValidity.read(path).determined_by == validity.determined_by


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("validity", "agreement", "value"), 2, "key validity.agreement.value: expected a number from -1 to 1"),
        (("validity", "agreement", "by_layer"), [], "by_layer: expected an array of 1 to 1000 numbers"),
        (("validity", "retrieval_by_layer"), [0.1], "retrieval_by_layer: expected 30 layers as in agreement"),
        (("validity", "retrieval", "share"), "half", "share: expected a number from 0 to 1, got 'half'"),
        (("validity",), 1, "key validity: expected a table, got 1"),
        (("extra",), 1, "key extra: unknown"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(on_record, tmp_path, path, value, message):
    content = changed(json.loads(on_record.read_text(encoding="utf-8")), path, value)
    file = tmp_path / "a.calibration.json"
    file.write_text(json.dumps(content))
    with pytest.raises(EvidenceError) as caught:
        MeasureValidity.read(file)
    assert str(caught.value).startswith(f"{file}: ")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
