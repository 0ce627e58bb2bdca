"""Sources of evidence that hooks offer: one unsound entry costs itself."""

from __future__ import annotations

import pytest

from pytest_claims import BrokenEvidence, EvidenceSource
from pytest_claims.judging.sources import check_sources


def source(name="sound", measures=("rain_mm",), load=lambda: 1, **more):
    return EvidenceSource(name, measures, load, **more)


class Unprintable:
    def __repr__(self):
        raise RuntimeError("no words")


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("station-12", "pytest_claims_evidence: expected EvidenceSource or BrokenEvidence, got 'station-12'"),
        (None, "pytest_claims_evidence: expected EvidenceSource or BrokenEvidence, got None"),
        (Unprintable(), "pytest_claims_evidence: expected EvidenceSource or BrokenEvidence, got <Unprintable whose repr raises RuntimeError>"),
        (source(name=7), "pytest_claims_evidence: name: expected a string that is not empty, got 7"),
        (source(name=" "), "pytest_claims_evidence: name: expected a string that is not empty, got ' '"),
        (source("e", "rain_mm"), "evidence e: measures: expected a collection of strings; did you mean {'rain_mm'}?"),
        (source("e", 3), "evidence e: measures: expected a collection of strings, got 3"),
        (source("e", ["rain_mm", 3]), "evidence e: measures: expected strings, got 3"),
        (source("e", [["rain_mm"]]), "evidence e: measures: expected a collection of strings, got [['rain_mm']]"),
        (source("e", load=3), "evidence e: load: expected a function without arguments, got 3"),
        (source("e", expected_errors=("ValueError",)), "evidence e: expected_errors: expected exception types, got 'ValueError'"),
        (source("e", expected_errors=KeyboardInterrupt), f"evidence e: expected_errors: expected exception types, got {KeyboardInterrupt!r}"),
        (source("e", marks=("slow",)), "evidence e: marks: expected marks such as pytest.mark.slow, got 'slow'"),
        (source("e", group=3), "evidence e: group: expected a string, got 3"),
        (source("e", group="g", role="members"), "evidence e: role: expected one of pooled, member, got 'members'"),
        (source("e", group="g", role=["pooled"]), "evidence e: role: expected one of pooled, member, got ['pooled']"),
        (source("e", role="pooled"), "evidence e: group: expected the group in which the evidence is pooled, got ''"),
        (BrokenEvidence(3, ValueError("torn")), "ValueError('torn')"),
    ],
)  # fmt: skip
def test_an_entry_that_is_unsound_is_one_error_and_the_others_stand(entry, message):
    before, after = source("before"), source("after")
    first, broken, last = check_sources([[before, entry], [after]])
    assert (first.name, last.name) == ("before", "after")
    assert isinstance(broken, BrokenEvidence)
    assert broken.message == message


def test_collections_of_every_kind_are_taken():
    found = check_sources([[
        source("list", ["a", "b"]), source("tuple", ("a", "b")), source("set", {"a", "b"}), source("once", iter("ab")),
        source("mark", marks=pytest.mark.skip, expected_errors=[OSError]),
    ]])  # fmt: skip
    assert [entry.measures for entry in found[:4]] == [frozenset("ab")] * 4
    assert found[4].marks == (pytest.mark.skip,)
    assert found[4].expected_errors == (OSError,)


@pytest.mark.parametrize("answer", ["text", b"bytes", source(), 3, None])
def test_an_answer_that_is_no_collection_of_sources_is_one_error(answer):
    first, broken = check_sources([[source("before")], answer])
    assert first.name == "before"
    assert isinstance(broken, BrokenEvidence)
    assert broken.message.partition(":")[0].endswith(("pytest_claims_evidence", "sources.py"))


def test_a_hook_that_raises_half_way_keeps_what_it_gave():
    def hook():
        yield source("before")
        raise LookupError("no station 13")

    first, broken = check_sources([hook()])
    assert first.name == "before"
    assert broken.message.endswith("pytest_claims_evidence raised LookupError: no station 13")
    assert broken.message.startswith(f"{__file__}:")


def test_of_two_sources_of_one_name_neither_is_judged():
    found = check_sources([[source("twin"), source("other"), source("twin", "rain_mm")]])
    assert [entry.name for entry in found if isinstance(entry, EvidenceSource)] == ["other"]
    assert [entry.message for entry in found if isinstance(entry, BrokenEvidence)] == [
        "evidence twin: measures: expected a collection of strings; did you mean {'rain_mm'}?",
        "two sources of evidence are named 'twin'; names must be unique",
    ]


def test_evidence_of_a_group_is_a_member_unless_it_is_pooled():
    found = check_sources(
        [[source("a", group=" the\nstudy "), source("b", group="the study", role="pooled"), source("c")]]
    )
    assert [(entry.group, entry.role) for entry in found] == [
        ("the study", "member"), ("the study", "pooled"), ("", ""),
    ]  # fmt: skip


def test_a_group_has_one_body_of_pooled_evidence():
    found = check_sources(
        [
            [source("a", group="g", role="pooled"), source("b", group="g")],
            [source("c", group="g", role="pooled")],
        ]
    )
    assert [entry.name for entry in found if isinstance(entry, EvidenceSource)] == ["b"]
    assert [entry.message for entry in found if isinstance(entry, BrokenEvidence)] == [
        f"evidence {name}: role: expected one body of pooled evidence in the group 'g', got a, c"
        for name in "ac"
    ]


def test_origin_label_and_files_are_checked():
    found = check_sources(
        [
            [
                source("a", origin="on file", label=" the\nlabel ", files="a.csv"),
                source("b", origin="moon"),
                source("c", label=3),
                source("d", figures_at=None),
            ]
        ]
    )
    assert (found[0].origin, found[0].label, found[0].files) == ("on file", "the label", "a.csv")
    assert [entry.message for entry in found[1:]] == [
        "evidence b: origin: expected one of published, own table, on file, measured now, got 'moon'",
        "evidence c: label: expected a string, got 3",
        "evidence d: figures_at: expected a string, got None",
    ]
