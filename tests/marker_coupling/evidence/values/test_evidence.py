"""Evidence: what it refuses, what its digest depends on, what it computes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from marker_coupling.evidence.values.evidence import Evidence, EvidenceError, PublishedStatistic
from marker_coupling.evidence.values.leakage import Leakage

PERSONAS = ("villain", "librarian", "chef", "poet")


def evidence(**changes) -> Evidence:
    fields = {
        "name": "four",
        "personas": PERSONAS,
        "cosine_to_assistant": [-0.5, 0.1, 0.2, 0.3],
        "js_to_assistant": [0.04, 0.03, 0.02, 0.01],
        "marker_hits": [6, 3, 2, 1],
        "marker_samples": [10, 10, 10, 20],
    }
    return Evidence(**fields | changes)


def leakage(**changes) -> Leakage:
    fields = {
        "sources": PERSONAS,
        "prompts": (*PERSONAS, "assistant"),
        "hits": [[6, 1, 1, 0, 2], [0, 3, 0, 1, 3], [0, 0, 2, 0, 0], [1, 0, 1, 1, 1]],
        "samples": [[10] * 5, [10] * 5, [10] * 5, [20, 10, 10, 20, 10]],
    }
    return Leakage(**fields | changes)


class TestEvidence:
    def test_measures_are_what_is_there(self):
        personas = {f"persona:{persona}" for persona in PERSONAS}
        assert Evidence("n", PERSONAS).measures == personas
        columns = {"cosine_to_assistant", "js_to_assistant", "source_rate"}
        assert evidence().measures - personas == columns | {"distances"}
        whole = evidence(
            leakage=leakage(),
            rounding={"js_to_assistant": 0.0005},
            published_statistics=(
                PublishedStatistic("js_to_assistant", "source_rate", 0.5, 0.05, 0.1, 0.05),
            ),
            trained_positives=200,
            trained_examples=600,
        )
        assert whole.measures - personas == {
            "cosine_to_assistant",
            "js_to_assistant",
            "distances",
            "source_rate",
            "leakage",
            "leak_to_assistant",
            "published_statistics",
            "rounding",
            "trained_rate",
        }
        assert whole.trained_rate == pytest.approx(1 / 3)
        assert whole.leak_to_assistant.tolist() == pytest.approx([0.2, 0.3, 0, 0.1])
        assistant_alone = leakage(prompts=("assistant",), hits=[[1]] * 4, samples=[[10]] * 4)
        assert evidence(leakage=assistant_alone).measures - personas == {
            "cosine_to_assistant",
            "js_to_assistant",
            "distances",
            "source_rate",
            "leak_to_assistant",
        }

    @pytest.mark.parametrize("measure", ["source_rate", "leak_to_assistant", "trained_rate"])
    def test_what_was_not_measured_is_refused(self, measure):
        with pytest.raises(EvidenceError, match=f"evidence 'n': {measure}"):
            getattr(Evidence("n", PERSONAS), measure)

    def test_leakage_under_the_own_prompts_tells_the_source_rate(self):
        found = evidence(marker_hits=None, marker_samples=None, leakage=leakage())
        assert found.marker_hits.tolist() == [6, 3, 2, 1]
        assert found.marker_samples.tolist() == [10, 10, 10, 20]
        assert found.sha256 == evidence(leakage=leakage()).sha256

    def test_cannot_be_changed_nor_changes_with_its_source(self):
        column = np.array([-0.5, 0.1, 0.2, 0.3])
        found = evidence(cosine_to_assistant=column)
        column[0] = 1
        assert found.cosine_to_assistant[0] == -0.5
        for array in (found.cosine_to_assistant, found.marker_hits, leakage().hits, leakage().rate):
            with pytest.raises(ValueError, match="read-only"):
                array[0] = 1
        with pytest.raises(TypeError):
            found.rounding["js_to_assistant"] = 0.1

    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            ({"personas": ()}, "personas: expected at least one"),
            ({"personas": ("a", "b", "c", "a")}, "personas: .*'a' is there twice"),
            ({"personas": ("a", "b", "c", "")}, "personas: expected printable"),
            ({"personas": ("a", "b", "c", "d\n")}, "personas: expected printable"),
            ({"personas": ("a", "b", "c", "d ")}, "personas: expected printable"),
            ({"personas": ("a", "b", "c", 4)}, "personas: expected printable"),
            ({"personas": ("a", "b", "c", "assistant")}, "personas: 'assistant'"),
            ({"cosine_to_assistant": [0.1, 0.2]}, r"cosine_to_assistant: expected shape \(4,\), got \(2,\)"),
            ({"cosine_to_assistant": [0.1, 0.2, 0.3, np.nan]}, "cosine_to_assistant: expected finite"),
            ({"cosine_to_assistant": [0.1, 0.2, 0.3, "x"]}, "cosine_to_assistant: expected numbers"),
            (
                {"cosine_to_assistant": [0.1, 0.2, 0.3, 1.01]},
                "cosine_to_assistant: expected values from -1 to 1",
            ),
            ({"js_to_assistant": [0.1, 0.2, 0.3, -0.01]}, "js_to_assistant: expected values from 0"),
            (
                {"js_to_assistant": [0.1, 0.2, 0.3, 0.7]},
                "js_to_assistant: expected values from 0 to 0.693147",
            ),
            ({"marker_samples": None}, "marker_hits, marker_samples: expected both"),
            ({"marker_hits": [6, 3, 2, 21]}, "marker_hits: expected counts"),
            ({"marker_hits": [6, 3, 2, 2**63]}, "marker_hits: expected"),
            ({"marker_hits": [6, 3, 2, [1]]}, "marker_hits: expected whole numbers"),
            ({"rounding": {"persona": 0.1}}, "rounding.persona: expected"),
            ({"rounding": {"js_to_assistant": 0.0}}, "rounding.js_to_assistant: expected"),
            ({"trained_positives": 3}, "trained_positives, trained_examples"),
            ({"trained_positives": 3, "trained_examples": 2}, "trained_positives, trained_examples"),
            ({"trained_positives": 0, "trained_examples": 0}, "trained_positives, trained_examples"),
            ({"leakage": leakage(), "marker_hits": [5, 3, 2, 1]}, "counts of 'villain' under its own prompt"),
            ({"leakage": leakage(sources=PERSONAS[::-1])}, "leakage.sources: expected the personas"),
        ],
    )
    def test_refuses(self, changes, message):
        with pytest.raises(EvidenceError, match=message) as error:
            evidence(**changes)
        assert "\n" not in str(error.value)

    def test_rounding_of_floats_at_the_ends_of_a_range_is_no_error(self):
        assert evidence(cosine_to_assistant=[1 + 1e-12, -1 - 1e-12, 0, 0]).cosine_to_assistant[0] > 1

    def test_prints_as_a_table(self):
        lines = str(evidence(leakage=leakage())).splitlines()
        assert lines[0].split() == ["persona", "cosine", "JS", "source", "rate", "to", "assistant", "answers"]
        assert lines[1].split() == ["villain", "-0.500", "0.040", "60%", "20%", "10"]
        assert len({len(line) for line in lines}) == 1
        assert str(Evidence("n", ("a", "b"))).split() == ["persona", "a", "b"]


class TestPublishedStatistic:
    def test_refuses_a_column_correlated_with_itself(self):
        with pytest.raises(EvidenceError, match=r"^y: expected another column"):
            PublishedStatistic("source_rate", "source_rate", 0.5, 0.05, 0.1, 0.05)


class TestDigest:
    def test_is_the_same_on_every_platform(self):
        """The canonical text, written out by hand, hashed by another program (sha256sum)."""
        found = Evidence(
            "n", ("b", "a"), cosine_to_assistant=[0.1, -0.25], marker_hits=[1, 2], marker_samples=[3, 4]
        )
        assert found.sha256 == "07a74403cc657321c8db903ce0dad2867ee47bbb9e8208c3f53d8f87cd74a819"
        assert found.determined_by == f"sha256:{found.sha256}"

    @given(st.permutations(range(4)))
    def test_knows_no_order_of_rows(self, order):
        columns = ("cosine_to_assistant", "js_to_assistant", "marker_hits", "marker_samples")
        first, matrix = evidence(leakage=leakage()), leakage()
        personas = tuple(PERSONAS[k] for k in order)
        moved = Leakage(
            personas, matrix.prompts[::-1], matrix.hits[order][:, ::-1], matrix.samples[order][:, ::-1]
        )
        second = replace(
            first,
            personas=personas,
            leakage=moved,
            **{column: getattr(first, column)[order] for column in columns},
        )
        assert second.sha256 == first.sha256
        assert second.leakage.gating.tolist() == pytest.approx(first.leakage.gating[order].tolist())

    def test_knows_no_name_source_or_properties(self):
        first = evidence()
        second = replace(first, name="other", source="elsewhere", properties={"device": "cpu"})
        assert second.sha256 == first.sha256
        assert (
            evidence(js_to_assistant=[-0.0, 0, 0, 0.1]).sha256
            == evidence(js_to_assistant=[0, 0, 0, 0.1]).sha256
        )

    @pytest.mark.parametrize(
        "changes",
        [
            {"personas": ("sailor", *PERSONAS[1:])},
            {"personas": (PERSONAS[1], PERSONAS[0], *PERSONAS[2:])},
            {"cosine_to_assistant": [np.nextafter(-0.5, 0), 0.1, 0.2, 0.3]},
            {"js_to_assistant": None},
            {"marker_hits": [7, 3, 2, 1]},
            {"marker_samples": [11, 10, 10, 20]},
            {"leakage": leakage()},
            {"rounding": {"js_to_assistant": 0.0005}},
            {"trained_positives": 1, "trained_examples": 3},
            {
                "published_statistics": (
                    PublishedStatistic("js_to_assistant", "source_rate", 0.5, 0.1, 0.1, 0.1),
                )
            },
        ],
        ids=lambda changes: ",".join(changes),
    )
    def test_changes_with_any_number(self, changes):
        assert evidence(**changes).sha256 != evidence().sha256

    def test_what_determined_live_evidence_is_said_by_its_maker(self):
        found = evidence(determinants="model:abc study:def")
        assert found.determined_by == "model:abc study:def"
        assert found.sha256 == evidence().sha256
