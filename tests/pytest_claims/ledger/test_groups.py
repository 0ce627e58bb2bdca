"""Evidence that belongs together: members are details of the pooled judgement, where there is one."""

from __future__ import annotations

from pytest_claims.ledger.document import as_json
from pytest_claims.ledger.groups import with_members
from pytest_claims.ledger.ledger import VERDICTS
from pytest_claims.ledger.reader import ledger_of

from ..made_reports import made_case, made_suite


def of(name, evidence, role, verdict="supported", group="model", **changed):
    return made_case(name, evidence, verdict, evidence_group=group, evidence_role=role, **changed)


def ledger(*cases):
    found = ledger_of(made_suite(*cases))
    assert found.left_out == ()
    return found


def tree(found):
    return {
        (pooled.id, pooled.evidence): [member.evidence for member in members]
        for pooled, members in with_members(found.entries)
    }


STUDY = ledger(
    of("a", "seed-1", "member", "inconclusive"),
    of("a", "seed-2", "member", "refuted"),
    of("a", "all", "pooled"),
    of("b", "seed-1", "member"),
    of("b", "seed-2", "member"),
    of("c", "all", "pooled", "refuted", kind="description"),
    of("c", "seed-1", "member", kind="description"),
    made_case("a", "table", "refuted"),
)


def test_members_stand_under_the_pooled_judgement_and_for_themselves_where_there_is_none():
    assert tree(STUDY) == {
        ("a", "all"): ["seed-1", "seed-2"],
        ("b", "seed-1"): [],
        ("b", "seed-2"): [],
        ("c", "all"): ["seed-1"],
        ("a", "table"): [],
    }
    assert STUDY.has_members


def test_findings_are_inferences_counted_once_for_the_pooled_judgement():
    assert [STUDY.findings[verdict] for verdict in VERDICTS] == [3, 1, 0, 0, 0]
    assert {kind: sum(counts.values()) for kind, counts in STUDY.counts_by_kind().items()} == {
        "inference": 4,
        "description": 1,
    }
    # Every judgement is still there, and counted on its evidence.
    assert len(STUDY.entries) == STUDY.judged == 8
    document = as_json(STUDY)
    assert document["findings"]["supported"] == 3
    assert document["other_kinds"] == {
        "description": {"supported": 0, "refuted": 1, "inconclusive": 0, "uninformative": 0, "error": 0}
    }
    assert [claim["pooled_in"] for claim in document["claims"]] == ["all", "all", "", "", "", "", "all", ""]


def test_an_instrument_that_tells_nothing_on_the_whole_is_the_judgement():
    found = ledger(of("a", "all", "pooled", "uninformative"), of("a", "seed-1", "member"))
    assert tree(found) == {("a", "all"): ["seed-1"]}
    assert found.findings["supported"] == 0
    assert found.findings["uninformative"] == 1


def test_groups_and_variants_keep_to_themselves():
    found = ledger(
        of("a", "all", "pooled", parameters="x"),
        of("a", "seed-1", "member", parameters="x"),
        of("a", "seed-2", "member", parameters="y"),
        of("a", "seed-3", "member", group="another", parameters="x"),
    )
    assert tree(found) == {("a", "all"): ["seed-1"], ("a", "seed-2"): [], ("a", "seed-3"): []}


def test_reports_without_kind_and_group_stay_readable_and_nothing_is_assumed():
    found = ledger(made_case("a", kind=None), made_case("b", verdict="error", kind=None))
    assert [(entry.kind, entry.group, entry.role) for entry in found.entries] == [("unknown", "", "")] * 2
    assert sum(found.findings.values()) == 0
    assert found.counts_by_kind()["unknown"]["supported"] == 1
    assert as_json(found)["claims"][0]["kind"] == "unknown"


def test_what_is_no_kind_role_or_level_is_left_out_and_said_to_be():
    found = ledger_of(
        made_suite(
            made_case("a", kind="inferrence"),
            of("b", "one", "members"),
            of("c", "one", "pooled", group=None),
            made_case("d", p_level="1.5"),
            made_case("e", p_level="high"),
        )
    )
    assert [(entry.kind, entry.group, entry.role) for entry in found.entries] == [
        ("unknown", "", ""),
        *[("inference", "", "")] * 4,
    ]
    assert [sentence.partition("property ")[2] for sentence in found.left_out] == [
        "claim.kind: expected one of inference, description, arithmetic, instrument, got 'inferrence'",
        "claim.evidence_role: expected one of pooled, member, got 'members'",
        "claim.evidence_group: it is missing",
        "claim.p_level: expected a number between 0 and 1, got '1.5'",
        "claim.p_level: expected a number, got 'high'",
    ]
