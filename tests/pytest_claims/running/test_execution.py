"""Each verdict ends in pytest as it should, and says why."""

import pytest


def test_supported_passes_refuted_fails_and_inconclusive_is_expected(project):
    result = project.run("-rx")
    result.assert_outcomes(passed=1, failed=1, xfailed=1)
    assert {name: entry["verdict"] for name, entry in project.entries().items()} == {
        "high": "supported",
        "low": "refuted",
        "middling": "inconclusive",
    }
    result.stdout.fnmatch_lines(["XFAIL *middling* - inconclusive: the mean is 0.33*"])


def test_a_refutation_shows_claim_rule_estimate_and_evidence(project):
    result = project.run("-k", "low")
    result.stdout.fnmatch_lines(
        [
            "refuted: mean-is-high on low",
            "*claim:*The mean is high.",
            "*rule:*mean > 1.0",
            "*estimate:*mean = -3.00 *0.50, 2.50*, p = 0.04, N = 3",
            "*reason:*the mean is -3.0",
            "*evidence:",
            "*table of -2, -3, -4",
        ]
    )
    result.stdout.no_fnmatch_line("*Traceback*")


def test_strict_makes_inconclusive_fail(project):
    project.run("--claims-strict").assert_outcomes(passed=1, failed=2)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("raise BrokenMeasurementError('column x is constant')", "column x is constant"),
        ("assert evidence.mean > 100", "AssertionError: assert 3.0 > 100"),
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("pass", "claim broken: the test ended without verdict.decide(...)"),
    ],
)
def test_a_broken_measurement_is_an_error_and_never_a_verdict(project, body, message):
    project.evidence("numbers('high', 2, 3, 4)")
    project.claims(
        f"""
        from pytest_claims import BrokenMeasurementError, Estimate, claim
        from above import Above

        @claim("broken", "It breaks.", rule=Above(1.0), needs=["mean"])
        def test_broken(evidence, verdict):
            {body}

        @claim("sound", "It holds.", rule=Above(1.0), needs=["mean"])
        def test_sound(evidence, verdict):
            verdict.decide(Estimate("mean", evidence.mean, 3))
        """
    )
    result = project.run("-rE")
    result.assert_outcomes(passed=1, errors=1)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    broken = project.ledger()["claims"][0]
    assert broken["verdict"] == "error"
    assert broken["estimate"] is None
    assert broken["reason"] == message


def test_an_exception_after_the_decision_is_still_an_error(project):
    project.claims(
        """
        from pytest_claims import Estimate, claim
        from above import Above

        @claim("late", "It breaks late.", rule=Above(1.0), needs=["mean"])
        def test_late(evidence, verdict):
            verdict.decide(Estimate("mean", evidence.mean, 3))
            raise RuntimeError("too late")
        """
    )
    project.run("-k", "high").assert_outcomes(errors=1)


def test_deciding_twice_is_an_error(project):
    project.claims(
        """
        from pytest_claims import Estimate, claim
        from above import Above

        @claim("twice", "It is decided twice.", rule=Above(1.0), needs=["mean"])
        def test_twice(evidence, verdict):
            verdict.decide(Estimate("mean", evidence.mean, 3))
            verdict.decide(Estimate("mean", 5.0, 3))
        """
    )
    result = project.run("-k", "low")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*claim twice was decided twice*"])


def test_an_uninformative_measure_is_an_error_with_its_reason(project):
    project.claims(
        """
        from pytest_claims import claim
        from above import Above

        @claim("blurred", "It can be seen.", rule=Above(1.0), needs=["mean"])
        def test_blurred(evidence, verdict):
            verdict.uninformative("reliability 0.22 is below 0.8")
        """
    )
    result = project.run("-k", "high", "-rE")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["ERROR *blurred* - reliability 0.22 is below 0.8"])


def test_evidence_that_cannot_be_loaded_is_one_line_for_each_claim(project):
    project.evidence(
        "EvidenceSource('dry', frozenset({'mean'}), fail, (OutOfInk,)), numbers('high', 2, 3, 4)"
    )
    result = project.run()
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["evidence dry: the pen ran out of ink"])
    result.stdout.no_fnmatch_line("*OutOfInk*")
    assert project.entries()["dry"]["reason"] == "evidence dry: the pen ran out of ink"


def test_an_unexpected_exception_while_loading_keeps_its_traceback(project):
    project.evidence("EvidenceSource('buggy', frozenset({'mean'}), lambda: 1 / 0), numbers('high', 2, 3, 4)")
    result = project.run()
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*ZeroDivisionError: division by zero"])


def test_a_skipped_claim_is_not_in_the_ledger(project):
    project.claims(
        """
        import pytest
        from pytest_claims import Estimate, claim
        from above import Above

        @claim("skipped", "It is skipped.", rule=Above(1.0), needs=["mean"])
        def test_skipped(evidence, verdict):
            if evidence.mean < 1:
                pytest.skip("not today")
            verdict.decide(Estimate("mean", evidence.mean, 3))
        """
    )
    project.run().assert_outcomes(passed=1, skipped=2)
    assert list(project.entries()) == ["high"]
