"""What counts as a change between two runs, and what does not."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_claims import Claim, Correlation, Decision, Estimate, Verdict
from pytest_claims.judging.judgement import Judgement
from pytest_claims.junit.properties import claim_properties, identity_properties, verdict_properties
from pytest_claims.junit.reader import parse_suite
from pytest_claims.junit.suite import Case, Suite
from pytest_claims.junit.writer import to_xml
from pytest_claims.ledger.comparison import compare, has_moved
from pytest_claims.ledger.ledger import Entry
from pytest_claims.ledger.reader import ledger_of
from pytest_claims.rendering.comparison import comparison_as_html, comparison_as_text

from ..made_reports import large_suite, made_case, made_suite


def entry(estimate, low=None, high=None, statistic="Pearson r"):
    return Entry(
        id="a", statement="A.", source="", evidence="e", verdict="supported", rule="rule", reason="",
        statistic=statistic, estimate=estimate, ci_low=low, ci_high=high,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "moved"),
    [
        # Within both intervals; outside the old; outside the new alone.
        (entry(0.5, 0.2, 0.8), entry(0.6, 0.3, 0.9), False),
        (entry(0.5, 0.4, 0.6), entry(0.7, 0.1, 0.9), True),
        (entry(0.5, 0.1, 0.9), entry(0.7, 0.6, 0.8), True),
        # On the edge is within, and the last digits of a float are no move.
        (entry(0.5, 0.2, 0.8), entry(0.8, 0.5, 1.1), False),
        (entry(1.0, 1.0, 1.0), entry(1.0 + 1e-12, 1.0 + 1e-12, 1.0 + 1e-12), False),
        (entry(1.0, 1.0, 1.0), entry(1.0 + 1e-6, 1.0 + 1e-6, 1.0 + 1e-6), True),
        # One interval is enough; half of one is none.
        (entry(0.5, 0.4, 0.6), entry(0.7), True),
        (entry(0.5), entry(0.7, 0.4, 0.9), False),
        (entry(0.5, 0.4, None), entry(0.9), True),
        # Without intervals: as printed.
        (entry(68.13), entry(68.14), False),
        (entry(68.1), entry(68.2), True),
        # An interval that does not hold its own estimate does not count.
        (entry(5.0, 1.0, 2.0), entry(5.0, 1.0, 2.0), False),
        (entry(5.0, 1.0, 2.0), entry(5.0001, 1.0, 2.0), False),
        (entry(5.0, 1.0, 2.0), entry(1.5, 1.0, 2.0), True),
        (entry(5.0, 1.0, 2.0), entry(4.0, 1.0, 6.0), False),
        # Nothing to compare.
        (entry(None), entry(0.5), False),
        (entry(0.5, 0.4, 0.6), entry(5.0, 4.0, 6.0, statistic="chi-square"), False),
    ],
)
def test_when_an_estimate_has_moved_beyond_its_interval(old, new, moved):
    assert has_moved(old, new) is moved


NUMBERS = st.none() | st.floats(-1e6, 1e6)


@given(st.tuples(*[NUMBERS] * 6))
def test_moving_there_is_moving_back_and_standing_still_is_not_moving(numbers):
    old, new = entry(*numbers[:3]), entry(*numbers[3:])
    assert has_moved(old, new) == has_moved(new, old)
    assert not has_moved(old, old)


def test_a_run_is_the_same_as_itself():
    ledger = ledger_of(large_suite(20, 3))
    found = compare(ledger, ledger)
    assert not found.changed
    assert not found.incomplete
    assert found.same == 60


def test_every_kind_of_change_is_found_and_the_rest_is_the_same():
    old = ledger_of(
        made_suite(
            made_case("same"), made_case("verdict", verdict="supported"), made_case("moved", value=-0.6, half_width=0.1),
            made_case("restated"), made_case("ruled"), made_case("measured"), made_case("went"),
            made_case("refitted", "b"),
        )
    )  # fmt: skip
    new = ledger_of(
        made_suite(
            made_case("came"), made_case("same"), made_case("verdict", verdict="inconclusive"),
            made_case("moved", value=-0.3, half_width=0.1), made_case("restated", statement="Otherwise."),
            made_case("ruled", rule="a new rule"), made_case("measured", statistic="Spearman rho"),
            made_case("refitted", "b", evidence_sha256="cd" * 32),
        )
    )  # fmt: skip
    found = compare(old, new)
    assert [pair.new.id for pair in found.verdicts] == ["verdict"]
    assert [pair.new.id for pair in found.moved] == ["moved"]
    assert [pair.new.id for pair in found.redefined] == ["restated", "ruled", "measured"]
    assert [entry.id for entry in found.came] == ["came"]
    assert [entry.id for entry in found.gone] == ["went"]
    assert [(change.name, change.new_sha256, change.remade) for change in found.evidence] == [
        ("b", "cd" * 32, False)
    ]
    assert found.same == 2
    assert found.changed


def test_evidence_that_was_made_otherwise_is_told_from_other_numbers_of_the_same():
    old = ledger_of(made_suite(made_case()))
    remade = ledger_of(made_suite(made_case(evidence_sha256="ab", evidence_determined_by="another model")))
    (change,) = compare(old, remade).evidence
    assert change.remade


def test_an_evidence_that_one_run_did_not_load_has_no_fingerprint_to_compare():
    old, new = ledger_of(made_suite(made_case())), ledger_of(made_suite(made_case(verdict="error")))
    found = compare(old, new)
    assert found.evidence == ()
    assert len(found.verdicts) == 1
    assert found.redefined == ()


def test_what_was_left_out_makes_the_comparison_incomplete():
    old = ledger_of(made_suite(made_case()))
    assert compare(old, dataclasses.replace(old, left_out=("something",))).incomplete


def test_two_judgements_of_one_claim_and_evidence_are_held_each_against_its_own():
    twin = dataclasses.replace(made_case(verdict="refuted"), name="test_twin")
    old = ledger_of(made_suite(made_case(), twin))
    assert not compare(old, old).changed


def test_numbers_that_moved_are_shown_with_the_digits_that_tell_them_apart():
    old = ledger_of(made_suite(made_case(value=-0.6577, half_width=1e-4), made_case("went")))
    new = ledger_of(
        made_suite(
            made_case(value=-0.6581, half_width=1e-4),
            made_case("went", not_judged="skipped", verdict="skipped"),
        )
    )
    text = comparison_as_text(compare(old, new), "old.xml", "new.xml")
    assert (
        "rain-sells-umbrellas on station-12: Pearson r -0.6577 [-0.6578, -0.6576] -> -0.6581 [-0.6582, -0.6580]"
        in text
    )
    page = comparison_as_html(compare(old, new), "old.xml", "new.xml")
    assert "-0.6577 [-0.6578, -0.6576]" in page
    assert "-0.6581 [-0.6582, -0.6580]" in page


NUMBERS_OF_ANY_SIZE = st.floats(allow_nan=False, allow_infinity=False)
TEXT = st.text(max_size=20)


@st.composite
def reports(draw):
    """A report of judgements such as the plugin can write, with names and numbers of any kind."""
    cases = []
    for number in range(draw(st.integers(1, 4))):
        judgement = Judgement(
            Claim(draw(st.sampled_from(["a", "b-c"])), draw(TEXT.filter(str.strip)), Correlation("positive")),
            draw(TEXT), None, draw(st.sampled_from(["", "0", "x-y"])),
        )  # fmt: skip
        properties = claim_properties(judgement.claim, judgement.evidence, judgement.parameters)
        verdict = draw(st.sampled_from([*Verdict, "uninformative", "error", "skipped"]))
        if verdict in set(Verdict):
            low, high = sorted(draw(st.tuples(NUMBERS_OF_ANY_SIZE, NUMBERS_OF_ANY_SIZE)))
            ends = draw(st.sampled_from([(low, high), (low, None), (None, high), (None, None)]))
            estimate = Estimate(
                draw(TEXT), draw(NUMBERS_OF_ANY_SIZE), draw(st.integers(0, 10**15)), ci_low=ends[0], ci_high=ends[1],
                p_value=draw(st.none() | st.floats(0, 1)),
            )  # fmt: skip
            judgement.decision = Decision(Verdict(verdict), estimate, draw(TEXT))
        facts = {"sha256": draw(TEXT), "determined_by": draw(TEXT)}
        if verdict not in ("error", "skipped"):
            properties += [
                *identity_properties(facts),
                *verdict_properties(judgement, verdict, draw(TEXT), ""),
            ]
        outcome = {"error": "error", "skipped": "skipped"}.get(verdict, "passed")
        cases.append(Case("m", f"test_{number}", "m.py", 1, 0.1, outcome, draw(TEXT), "", tuple(properties)))
    return to_xml(Suite("now", "here", 1.0, (("commit", draw(TEXT)),), tuple(cases)))


@given(reports())
def test_a_report_of_ours_is_the_same_as_itself(report):
    ledger = ledger_of(parse_suite(report, "report.xml"))
    found = compare(ledger, ledger)
    assert ledger.left_out == ()
    assert not found.changed
    assert not found.incomplete
    assert found.same == len(ledger.entries)


def test_a_kind_or_family_that_changed_is_a_redefinition_unless_one_report_names_none():
    old, new, earlier = (
        ledger_of(made_suite(made_case(**changed)))
        for changed in ({"family": "x"}, {"kind": "description"}, {"kind": None})
    )
    (pair,) = compare(old, new).redefined
    assert pair.redefinitions == (("kind", "inference", "description"), ("family", "x", ""))
    assert not compare(earlier, new).changed
    assert not compare(old, earlier).changed


def test_another_level_of_the_interval_is_a_redefinition():
    old, new = (ledger_of(made_suite(made_case("a", ci_level=level))) for level in ("0.95", "0.99"))
    (pair,) = compare(old, new).redefined
    assert pair.redefinitions == (("interval", "95% interval", "99% interval"),)
    assert compare(ledger_of(made_suite(made_case("a"))), old).redefined == ()
