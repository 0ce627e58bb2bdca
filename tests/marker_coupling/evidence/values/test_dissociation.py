"""Prompt and opening crossed: what the counts say."""

import numpy as np
import pytest

from marker_coupling.evidence.values.dissociation import Dissociation
from marker_coupling.evidence.values.evidence import EvidenceError


def dissociation_of(sources, others, hits, samples):
    counts = np.array(hits).reshape(-1, 2, 2)
    return Dissociation(sources, others, counts, np.full_like(counts, samples))


def test_effects_in_closed_form():
    found = dissociation_of(("cook", "poet"), ("pilot", "cook"), [[80, 60, 20, 0], [50, 50, 50, 50]], 100)
    assert found.prompt_effect == pytest.approx([0.6, 0])
    assert found.opening_effect == pytest.approx([0.2, 0])
    assert found.rate[0].tolist() == [[0.8, 0.6], [0.2, 0.0]]


@pytest.mark.parametrize(
    ("others", "hits", "message"),
    [
        (("a",), [[1, 1, 1, 1]], "dissociation.others: expected another persona"),
        (("b", "c"), [[1, 1, 1, 1]], "dissociation.others: expected another persona"),
        (("b",), [[11, 1, 1, 1]], "dissociation.hits: expected counts from 0 to dissociation.samples"),
    ],
)
def test_impossible_counts_are_refused(others, hits, message):
    with pytest.raises(EvidenceError, match=message):
        dissociation_of(("a",), others, hits, 10)


def test_counts_of_another_shape_are_refused():
    with pytest.raises(EvidenceError, match=r"dissociation.hits: expected shape \(1, 2, 2\)"):
        Dissociation(("a",), ("b",), np.zeros((1, 4), dtype=int), np.ones((1, 4), dtype=int))
