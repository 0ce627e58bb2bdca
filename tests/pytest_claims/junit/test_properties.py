from pytest_claims import Claim, Correlation, Decision, Estimate, Verdict
from pytest_claims.judging.judgement import Judgement
from pytest_claims.junit.properties import by_name, judged

CLAIM = Claim("rain-sells-umbrellas", "It does.", Correlation("positive"))


def judgement(needed_n):
    found = Judgement(CLAIM, "station-12", None)
    found.decision = Decision(Verdict.INCONCLUSIVE, Estimate("Pearson r", 1 / 3, 10), "why", needed_n)
    return found


def test_the_needed_n_is_written_where_there_is_one():
    assert ("claim.needed_n", "67") in list(judged(judgement(67), "inconclusive", "why", ""))
    assert not any(name == "claim.needed_n" for name, _ in judged(judgement(None), "inconclusive", "why", ""))


def test_numbers_keep_every_bit():
    assert dict(judged(judgement(None), "inconclusive", "why", ""))["claim.estimate"] == repr(1 / 3)


def test_other_properties_are_not_claims():
    assert by_name([("claim.id", "a"), ("id", "b"), ("claim.figure", "x"), ("claim.figure", "y")]) == {
        "id": ["a"],
        "figure": ["x", "y"],
    }
