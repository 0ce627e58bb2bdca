"""What holds of any evidence written as a table, and of any damage done to it."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from guarded_files.normal_form import normal_form
from marker_coupling.evidence.tables.evidence_table import read_evidence, write_evidence
from marker_coupling.evidence.values.evidence import Evidence, EvidenceError
from marker_coupling.evidence.values.leakage import Leakage
from marker_coupling.evidence.values.measures import LARGEST_JS_NATS

on_one_file = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
NAMES = st.text(st.characters(exclude_categories=["Z", "C"]), min_size=1, max_size=12).filter(
    lambda name: normal_form(name) != "assistant"
)


@st.composite
def evidences(draw) -> Evidence:
    personas = tuple(draw(st.lists(NAMES, min_size=4, max_size=6, unique_by=normal_form)))
    n = len(personas)

    def column(elements):
        values = np.array(draw(st.lists(elements, min_size=n, max_size=n)))
        assume(np.ptp(values) > 0)
        return values

    def counts(size):
        samples = np.array(draw(st.lists(st.integers(1, 2**40), min_size=size, max_size=size)))
        shares = np.array(draw(st.lists(st.floats(0, 1), min_size=size, max_size=size)))
        return np.floor(shares * samples).astype(np.int64), samples

    prompts = draw(st.sampled_from([(), ("assistant",), personas, (*personas, "assistant")]))
    leakage = None
    if prompts:
        hits, samples = (flat.reshape(n, -1) for flat in counts(n * len(prompts)))
        leakage = Leakage(personas, prompts, hits, samples)
    if leakage is not None and leakage.is_complete:
        cells = range(n), range(n)
        hits, samples = leakage.hits[cells], leakage.samples[cells]
    else:
        hits, samples = counts(n)
    assume(np.ptp(hits / samples) > 0)
    has_counts = draw(st.booleans())
    return Evidence(
        "t",
        personas,
        cosine_to_assistant=column(st.floats(-1, 1)) if not has_counts or draw(st.booleans()) else None,
        js_to_assistant=column(st.floats(0, LARGEST_JS_NATS)) if draw(st.booleans()) else None,
        marker_hits=hits if has_counts else None,
        marker_samples=samples if has_counts else None,
        leakage=leakage,
    )


@given(evidence=evidences())
@on_one_file
def test_round_trip(tmp_path, evidence):
    path = tmp_path / "t.csv"
    write_evidence(evidence, path)
    found = read_evidence(path)
    assert found.personas == evidence.personas
    assert found.measures == evidence.measures
    assert found.sha256 == evidence.sha256


@given(evidence=evidences(), data=st.data())
@on_one_file
def test_the_order_of_rows_and_columns_changes_nothing_but_order(tmp_path, evidence, data):
    path = tmp_path / "t.csv"
    write_evidence(evidence, path)
    with path.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    order = data.draw(st.permutations(range(len(rows))))
    # A tab stands in no name: the separator is the first in the header, where any column may now be.
    columns = data.draw(st.permutations(range(len(header))))
    moved = tmp_path / "moved.tsv"
    with moved.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter="\t", quoting=csv.QUOTE_ALL)
        writer.writerows([row[k] for k in columns] for row in [header, *(rows[k] for k in order)])
    found = read_evidence(moved)
    assert found.personas == tuple(evidence.personas[k] for k in order)
    assert found.sha256 == evidence.sha256
    for measure in ("cosine_to_assistant", "js_to_assistant", "source_rate", "leak_to_assistant"):
        if measure in evidence.measures:
            assert getattr(found, measure).tolist() == getattr(evidence, measure)[order].tolist()
    if "leakage" in evidence.measures:
        assert found.leakage.gating.tolist() == pytest.approx(evidence.leakage.gating[order].tolist())


def message_if_refused(path: Path) -> str | None:
    try:
        read_evidence(path)
    except EvidenceError as error:
        return str(error)
    return None


@given(evidence=evidences(), cut=st.floats(0, 1), removed=st.integers(0, 20), inserted=st.binary(max_size=8))
@on_one_file
def test_any_damage_to_a_csv_is_evidence_or_an_evidence_error(tmp_path, evidence, cut, removed, inserted):
    path = tmp_path / "t.csv"
    write_evidence(evidence, path)
    content = path.read_bytes()
    position = int(cut * len(content))
    path.write_bytes(content[:position] + inserted + content[position + removed :])
    if (message := message_if_refused(path)) is not None:
        assert message.startswith(f"{path}: ")
        assert message.isprintable()


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)
KEYS = st.sampled_from(
    [
        "persona",
        "cosine_to_assistant",
        "js_to_assistant",
        "marker_hits",
        "marker_samples",
        "source_rate",
        "hits_under_assistant",
        "hits_under_a",
        "samples_under_a",
        "x",
    ]
)
ROWS = st.lists(st.dictionaries(KEYS, JSON_VALUES, max_size=6), min_size=3, max_size=6)


@given(document=ROWS | st.dictionaries(KEYS, st.lists(JSON_VALUES, max_size=5)) | JSON_VALUES)
@on_one_file
@example(document=[{"persona": name, "marker_samples": 1, "hits_under_assistant": 1} for name in "abcd"])
def test_any_json_is_evidence_or_an_evidence_error(tmp_path, document):
    path = tmp_path / "t.json"
    path.write_text(json.dumps(document))
    if (message := message_if_refused(path)) is not None:
        assert message.startswith(f"{path}: ")
        assert message.isprintable()
