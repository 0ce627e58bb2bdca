from pytest_claims import Claim, Correlation, Decision, Estimate, Verdict
from pytest_claims.judging.judgement import Judgement
from pytest_claims.junit.properties import values_by_name, verdict_properties

CLAIM = Claim("rain-sells-umbrellas", "It does.", Correlation("positive"))


def judgement(needed_n):
    found = Judgement(CLAIM, "station-12", None)
    found.decision = Decision(Verdict.INCONCLUSIVE, Estimate("Pearson r", 1 / 3, 10), "why", needed_n)
    return found


def test_the_needed_n_is_written_where_there_is_one():
    assert ("claim.needed_n", "67") in list(verdict_properties(judgement(67), "inconclusive", "why", ""))
    assert not any(
        name == "claim.needed_n" for name, _ in verdict_properties(judgement(None), "inconclusive", "why", "")
    )


def test_numbers_keep_every_bit():
    assert dict(verdict_properties(judgement(None), "inconclusive", "why", ""))["claim.estimate"] == repr(
        1 / 3
    )


def test_other_properties_are_not_claims():
    assert values_by_name([("claim.id", "a"), ("id", "b"), ("claim.figure", "x"), ("claim.figure", "y")]) == {
        "id": ["a"],
        "figure": ["x", "y"],
    }
