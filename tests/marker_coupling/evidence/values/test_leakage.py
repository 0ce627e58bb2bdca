"""Leakage: rates by hand, and what it refuses."""

from __future__ import annotations

import numpy as np
import pytest

from marker_coupling.evidence.values.evidence import EvidenceError
from marker_coupling.evidence.values.leakage import Leakage

PERSONAS = ("villain", "librarian", "chef", "poet")


def leakage(**changes) -> Leakage:
    fields = {
        "sources": PERSONAS,
        "prompts": (*PERSONAS, "assistant"),
        "hits": [[6, 1, 1, 0, 2], [0, 3, 0, 1, 3], [0, 0, 2, 0, 0], [1, 0, 1, 1, 1]],
        "samples": [[10] * 5, [10] * 5, [10] * 5, [20, 10, 10, 20, 10]],
    }
    return Leakage(**fields | changes)


def test_bystanders_are_all_prompts_but_the_sources_own():
    found = leakage()
    assert [counts.tolist() for counts in found.own_counts()] == [[6, 3, 2, 1], [10, 10, 10, 20]]
    assert found.own_rate.tolist() == pytest.approx([0.6, 0.3, 0.2, 0.05])
    # By hand; the assistant counts as a bystander, every prompt the same whatever its samples.
    expected = [(0.1 + 0.1 + 0 + 0.2) / 4, (0 + 0 + 0.1 + 0.3) / 4, 0, (0.05 + 0 + 0.1 + 0.1) / 4]
    assert found.mean_bystander_rate.tolist() == pytest.approx(expected)
    assert found.gating.tolist() == pytest.approx(np.subtract([0.6, 0.3, 0.2, 0.05], expected).tolist())
    assert found.leak_to("assistant").tolist() == pytest.approx([0.2, 0.3, 0, 0.1])


def test_the_assistant_alone_tells_the_leak_but_no_gating():
    found = leakage(prompts=("assistant",), hits=[[2], [3], [0], [1]], samples=[[10]] * 4)
    assert not found.is_complete
    assert found.leak_to("assistant").tolist() == pytest.approx([0.2, 0.3, 0, 0.1])
    with pytest.raises(EvidenceError, match="own prompts were not measured"):
        _ = found.gating
    with pytest.raises(EvidenceError, match="'villain' was not measured"):
        found.leak_to("villain")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"hits": [[1, 2], [3, 4]]}, "leakage.hits: expected shape"),
        ({"samples": [[0] * 5] * 4}, "leakage.samples: expected at least 1"),
        ({"samples": [[1] * 5] * 4}, "leakage.hits: expected counts from 0"),
        ({"hits": [[-1] * 5] * 4}, "leakage.hits: expected counts from 0"),
        ({"hits": [[0.5] * 5] * 4}, "leakage.hits: expected whole numbers"),
        ({"prompts": (*PERSONAS[:3], "sailor", "assistant")}, "'poet' is missing"),
        ({"prompts": (*PERSONAS, "poet")}, "'poet' is there twice"),
    ],
)
def test_refuses(changes, message):
    with pytest.raises(EvidenceError, match=message):
        leakage(**changes)
