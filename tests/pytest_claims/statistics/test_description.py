import dataclasses

from pytest_claims.statistics import described, pearson

from ..study_table import COSINE, RATE


def test_the_estimate_is_kept_beside_what_is_said_of_it():
    estimate = pearson(COSINE, RATE)
    found = described(estimate, holds=True)
    assert found.holds
    for field in ("statistic", "value", "n", "ci_low", "ci_high", "p_value", "detail"):
        assert getattr(found, field) == getattr(estimate, field)


def test_what_is_said_replaces_the_estimates_own_detail():
    estimate = dataclasses.replace(pearson(COSINE, RATE), detail="its own")
    assert described(estimate, holds=False).detail == "its own"
    assert described(estimate, holds=False, detail="said").detail == "said"
