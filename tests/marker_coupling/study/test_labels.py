"""Labels: a persona's name as people write it, which changes no digest."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from marker_coupling.evidence.published import load_published
from marker_coupling.evidence.values.experiment_evidence import ExperimentEvidence
from marker_coupling.study.study import StudyError, read_study

FIXTURES = Path(__file__).parents[3] / "fixtures"


@pytest.fixture
def read(tmp_path, study_text):
    """Read a study with labels."""

    def read(labels=None):
        path = tmp_path / "study.toml"
        table = "" if labels is None else f"\n[labels]\n{labels}\n"
        path.write_text(study_text + table, encoding="utf-8")
        return read_study(path)

    return read


def test_the_label_of_a_persona_without_one_is_its_name_with_spaces(read):
    study = read('poet = "Poet, laureate"')
    assert [study.label(persona) for persona in ("cook", "poet", "police_officer")] == [
        "cook",
        "Poet, laureate",
        "police officer",
    ]


def test_labels_change_no_digest(read):
    without, with_labels = read(), read('poet = "Poet"\nassistant = "the assistant"')
    assert with_labels.label("assistant") == "the assistant"
    assert with_labels.digest == without.digest
    assert with_labels.experiment_digest == without.experiment_digest
    assert with_labels.content() == without.content()


@pytest.mark.parametrize(
    ("study", "digest"),
    [
        ("study.toml", "4b6c8481e7707f06fe48bbc43318f870caeef40a3d19aef7ec34b17452af0293"),
        ("small/study.toml", "ad640426ee37e7a84905b784363c758ef94b01411a2c136a11fa71101b2a6708"),
        ("toy/study.toml", "6b19be91fa5091b7849d88afff91dd5939b81d97058ad79c8e8ee22aa0724fac"),
    ],
)
def test_digests_are_those_that_results_are_kept_under(study, digest):
    """Computed before there were labels."""
    assert read_study(FIXTURES / study).digest == digest


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ('poets = "Poet"', "key labels.poets: expected a name of a persona of the study, got 'poets'"),
        ("poet = 3", "key labels.poet: expected a text of at most 60 characters, got 3"),
        ('poet = ""', "key labels.poet: expected a text of at most 60 characters, got ''"),
        (f'poet = "{"x" * 61}"', "key labels.poet: expected a text of at most 60 characters"),
        ('poet = "a\\nb"', "key labels.poet: expected a text of at most 60 characters, without anything"),
        ('poet = "Cook"', "key labels.poet: expected a label that cook does not have, got 'Cook'"),
        ('poet = "X"\npilot = "x"', "key labels.pilot: expected a label that poet does not have, got 'x'"),
        ("", "key labels: expected a table of 1 to 2000 labels, got 0 of them"),
    ],
)
def test_a_label_that_cannot_be_is_one_line(read, labels, message):
    with pytest.raises(StudyError, match=re.escape(message)) as caught:
        read(labels)
    assert "study.toml: " in str(caught.value)


def test_two_personas_may_swap_their_names(read):
    study = read('poet = "cook"\ncook = "poet"')
    assert (study.label("poet"), study.label("cook")) == ("cook", "poet")


def test_the_published_study_has_labels_that_its_digest_does_not_know(tmp_path):
    published = load_published(FIXTURES / "published")
    assert published.label("zelthari_scholar") == "Zelthari scholar"
    assert published.label("software_engineer") == "software engineer"
    for name in ("personas.csv", "leakage.csv", "published.toml"):
        text = (FIXTURES / "published" / name).read_text(encoding="utf-8")
        (tmp_path / name).write_text(re.sub(r"\[labels\]\n(?:.+\n)*", "", text), encoding="utf-8")
    without = load_published(tmp_path)
    assert without.label("zelthari_scholar") == "zelthari scholar"
    assert without.sha256 == published.sha256


def test_labels_are_in_no_file_of_evidence(tmp_path):
    evidence = ExperimentEvidence(
        "mine", ("a_b", "c", "d", "e"), [0.1, 0.2, 0.3, 0.4], labels={"a_b": "A and B"}
    )
    assert evidence.label("a_b") == "A and B"
    evidence.write(tmp_path / "mine.evidence.json")
    assert "labels" not in json.loads((tmp_path / "mine.evidence.json").read_text(encoding="utf-8"))
    assert ExperimentEvidence.read(tmp_path / "mine.evidence.json").label("a_b") == "a b"
