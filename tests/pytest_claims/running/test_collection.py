"""Which claims are collected for which evidence, and what is wrong with claims themselves."""

import pytest


def test_a_claim_is_collected_only_for_evidence_with_all_its_measures(project):
    project.evidence("numbers('high', 2, 3, 4), numbers('blind', 5, measures=('colour',))")
    result = project.run()
    result.assert_outcomes(passed=1)
    result.stdout.no_fnmatch_line("*blind*")


def test_a_claim_that_no_evidence_can_feed_is_not_collected(project):
    project.evidence("numbers('blind', 5, measures=('colour',))")
    assert project.run().ret == pytest.ExitCode.NO_TESTS_COLLECTED


def test_a_claim_may_bring_its_own_numbers(project):
    project.claims(
        """
        from pytest_claims import Estimate, claim
        from above import Above

        @claim("own", "It needs nobody.", rule=Above(1.0))
        def test_own(verdict):
            verdict.decide(Estimate("mean", 2.0, 3))
        """
    )
    project.run().assert_outcomes(passed=1)
    assert project.ledger()["claims"][0]["evidence"] == ""


def test_broken_evidence_is_one_error_and_the_rest_is_judged(project):
    project.evidence(
        "BrokenEvidence('torn', 'torn.csv: line 3: expected a number'), numbers('high', 2, 3, 4)"
    )
    project.claims(
        """
        from pytest_claims import Estimate, claim
        from above import Above

        @claim("first", "First.", rule=Above(1.0), needs=["mean"])
        def test_first(evidence, verdict):
            verdict.decide(Estimate("mean", evidence.mean, 3))

        @claim("second", "Second.", rule=Above(1.0), needs=["mean"])
        def test_second(evidence, verdict):
            verdict.decide(Estimate("mean", evidence.mean, 3))
        """
    )
    result = project.run()
    result.assert_outcomes(passed=2, errors=1)
    assert result.stdout.lines.count("torn.csv: line 3: expected a number") == 1
    assert b"torn.csv: line 3" in project.files()["junit.xml"]


def test_broken_evidence_is_reported_whatever_is_selected(project):
    project.evidence(
        "BrokenEvidence('torn', 'torn.csv: line 3: expected a number'), numbers('high', 2, 3, 4)"
    )
    project.run("-k", "high").assert_outcomes(passed=1, errors=1)
    project.run("-k", "none_of_them").assert_outcomes(errors=1)
    project.evidence("BrokenEvidence('torn', 'torn.csv: line 3: expected a number')")
    project.run("-k", "high").assert_outcomes(errors=1)


def test_a_claim_id_used_twice_is_an_error_that_names_both(project):
    project.claims(
        """
        from pytest_claims import Estimate, claim
        from above import Above

        @claim("same", "One.", rule=Above(1.0))
        def test_one(verdict):
            verdict.decide(Estimate("mean", 2.0, 3))

        @claim("same", "Two.", rule=Above(1.0))
        def test_two(verdict):
            verdict.decide(Estimate("mean", 2.0, 3))

        @claim("other", "Three.", rule=Above(1.0))
        def test_three(verdict):
            verdict.decide(Estimate("mean", 2.0, 3))
        """
    )
    result = project.run()
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["claim id 'same' is used by 2 tests: *test_one, *test_two"])


def test_a_claim_that_cannot_decide_is_an_error(project):
    project.claims(
        """
        from pytest_claims import claim
        from above import Above

        @claim("mute", "It never asks for a verdict.", rule=Above(1.0), needs=["mean"])
        def test_mute(evidence):
            pass
        """
    )
    result = project.run()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*claim mute must ask for the fixture 'verdict' and decide with it"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("'Not Kebab', 'x', rule=Above(1)", "expected kebab-case"),
        ("'empty', '  ', rule=Above(1)", "expected a statement in plain words"),
        ("'bare', 'x', rule=Above(1), needs='mean'", "did you mean ('mean',)?"),
        ("'ruleless', 'x', rule=3", "expected a rule with a decide method, got 3"),
    ],
)
def test_an_ill_formed_claim_is_refused_where_it_is_written(project, arguments, message):
    project.claims(f"from pytest_claims import claim\nfrom above import Above\n\nclaim({arguments})\n")
    result = project.run()
    result.assert_outcomes(errors=1)
    assert message in result.stdout.str()


def test_two_sources_of_one_name_are_one_error_and_the_rest_is_judged(project):
    project.evidence("numbers('twin', 2), numbers('high', 2, 3, 4), numbers('twin', 3)")
    result = project.run()
    result.assert_outcomes(passed=1, errors=1)
    assert "two sources of evidence are named 'twin'; names must be unique" in result.stdout.lines


def test_fixtures_refuse_tests_that_are_no_claims(project):
    project.pytester.makepyfile(test_ordinary="def test_a(verdict): pass\ndef test_b(evidence): pass\n")
    result = project.run("test_ordinary.py")
    result.assert_outcomes(errors=2)
    assert "serves tests decorated with" in result.stdout.str()


def test_ordinary_tests_are_left_alone(project):
    project.pytester.makepyfile(test_ordinary="def test_a(): assert 0\ndef test_b(): pass\n")
    project.run("test_ordinary.py").assert_outcomes(passed=1, failed=1)


def test_a_project_s_own_marker_and_fixtures_of_these_names_are_left_alone(project):
    project.pytester.makepyfile(
        test_ordinary="""
        import pytest

        @pytest.fixture
        def evidence(): return "a footprint"

        @pytest.fixture
        def verdict(): return "guilty"

        @pytest.mark.claim("of an insurance", number=3)
        def test_a(evidence, verdict): assert (evidence, verdict) == ("a footprint", "guilty")

        @pytest.mark.claim
        def test_b(): pass
        """
    )
    project.run("test_ordinary.py").assert_outcomes(passed=2)
    project.run("test_ordinary.py", "test_claims.py").assert_outcomes(passed=3, failed=1, xfailed=1)
    assert len(project.ledger()["claims"]) == 3
