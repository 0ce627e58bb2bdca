import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_claims.ledger.record import RECORDABLE
from pytest_claims.running.outcome import Outcome, Policy, differs_from_record, outcome_of

VERDICTS = st.sampled_from(sorted(RECORDABLE))
POLICIES = st.builds(Policy, strict=st.booleans(), recording=st.booleans())


@pytest.mark.parametrize(
    ("verdict", "recorded", "strict", "outcome"),
    [
        ("supported", None, False, Outcome.PASS),
        ("supported", "supported", True, Outcome.PASS),
        ("refuted", None, False, Outcome.FAIL),
        ("refuted", "refuted", False, Outcome.XFAIL),
        ("refuted", "refuted", True, Outcome.XFAIL),
        ("inconclusive", None, False, Outcome.XFAIL),
        ("inconclusive", None, True, Outcome.FAIL),
        ("inconclusive", "inconclusive", True, Outcome.FAIL),
        ("uninformative", None, False, Outcome.ERROR),
        ("uninformative", "uninformative", False, Outcome.XFAIL),
    ],
)
def test_how_a_verdict_ends(verdict, recorded, strict, outcome):
    assert outcome_of(verdict, recorded, Policy(strict=strict))[0] is outcome


@given(VERDICTS, VERDICTS, st.booleans())
def test_a_verdict_that_differs_from_its_record_fails_and_says_so(verdict, recorded, strict):
    outcome, remark = outcome_of(verdict, recorded, Policy(strict=strict))
    assert (outcome is Outcome.FAIL and remark == f"on record as {recorded}, now {verdict}") or (
        verdict == recorded or strict
    )
    if verdict != recorded:
        assert outcome is Outcome.FAIL


@given(VERDICTS, st.none() | VERDICTS)
def test_where_findings_are_only_reported_a_refuted_claim_is_all_that_ends_otherwise(verdict, recorded):
    usual, remark = outcome_of(verdict, recorded, Policy())
    reported = outcome_of(verdict, recorded, Policy(report_only=True))
    is_finding = verdict == "refuted" and recorded is None
    assert reported == (Outcome.XFAIL if is_finding else usual, remark)
    assert differs_from_record(remark) == (recorded not in (None, verdict))


@given(VERDICTS, st.none() | VERDICTS)
def test_while_recording_only_strictness_fails(verdict, recorded):
    assert outcome_of(verdict, recorded, Policy(recording=True))[0] in (Outcome.PASS, Outcome.XFAIL)
