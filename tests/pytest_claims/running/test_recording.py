"""The record: what is known is no news, what changed fails."""

import json

import pytest

from ..conftest import THREE_VERDICTS


@pytest.fixture
def recorded(project):
    project.run("--claims-record").assert_outcomes(passed=1, xfailed=2)
    return project


def record_of(project):
    return json.loads((project.pytester.path / "record.json").read_text())


def test_recording_writes_what_determined_the_evidence_and_the_verdict(recorded):
    assert record_of(recorded) == {
        "schema": 1,
        "evidence": [
            {"name": name, "determined_by": f"values of {name}", "verdicts": {"mean-is-high": verdict}}
            for name, verdict in (("high", "supported"), ("low", "refuted"), ("middling", "inconclusive"))
        ],
    }


def test_a_refutation_on_record_is_expected(recorded):
    result = recorded.run("-rx")
    result.assert_outcomes(passed=1, xfailed=2)
    result.stdout.fnmatch_lines(["XFAIL *low* - refuted: the mean is -3.0 [[]on record as refuted]"])


@pytest.mark.parametrize("processes", ["0", "2"])
def test_a_verdict_that_differs_from_the_record_fails_and_says_how(recorded, processes):
    recorded.evidence(
        THREE_VERDICTS.replace("'low', -2, -3, -4", "'low', 2, 3, 4").replace("'high', 2", "'high', -9")
    )
    result = recorded.run("-n", processes)
    result.assert_outcomes(failed=2, xfailed=1)
    result.stdout.fnmatch_lines(["*record:*on record as refuted, now supported"])
    result.stdout.fnmatch_lines(["*record:*on record as supported, now inconclusive"])


def test_recording_again_accepts_the_change(recorded):
    recorded.evidence(THREE_VERDICTS.replace("'low', -2, -3, -4", "'low', 2, 3, 4"))
    recorded.run("--claims-record").assert_outcomes(passed=2, xfailed=1)
    recorded.run().assert_outcomes(passed=2, xfailed=1)


def test_recording_a_part_keeps_the_rest(recorded):
    recorded.run("--claims-record", "-k", "high")
    assert len(record_of(recorded)["evidence"]) == 3


def test_evidence_determined_otherwise_is_not_on_record(recorded):
    recorded.evidence("numbers('other', -2, -3, -4)")
    recorded.run().assert_outcomes(failed=1)


def test_strict_fails_also_what_is_on_record_as_inconclusive(recorded):
    recorded.run("--claims-strict").assert_outcomes(passed=1, xfailed=1, failed=1)


def test_an_uninformative_measure_can_be_put_on_record(project):
    project.claims(
        """
        from pytest_claims import claim
        from above import Above

        @claim("blurred", "It can be seen.", rule=Above(1.0), needs=["mean"])
        def test_blurred(evidence, verdict):
            verdict.uninformative("reliability 0.22 is below 0.8")
        """
    )
    project.run("-k", "high").assert_outcomes(errors=1)
    project.run("-k", "high", "--claims-record").assert_outcomes(xfailed=1)
    project.run("-k", "high").assert_outcomes(xfailed=1)


def test_an_error_is_never_put_on_record(project):
    project.evidence("EvidenceSource('dry', frozenset({'mean'}), fail, (OutOfInk,))")
    project.run("--claims-record").assert_outcomes(errors=1)
    assert record_of(project)["evidence"] == []


def test_recording_needs_a_file_to_record_in(project):
    project.pytester.makefile(".ini", pytest="[pytest]\n")
    result = project.run("--claims-record")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*expected the ini value claims_record to name a file"])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "expected JSON"),
        ("[]", "key 'schema': expected 1"),
        ('{"schema": 2, "evidence": []}', "key 'schema': expected 1"),
        ('{"schema": 1}', "evidence: expected an array"),
        ('{"schema": 1, "evidence": [3]}', "evidence[0]: expected a table"),
        ('{"schema": 1, "evidence": [{"name": 1}]}', "evidence[0].name: expected a string"),
        (
            '{"schema": 1, "evidence": [{"name": "a", "determined_by": "b", "verdicts": {"c": "true"}}]}',
            "evidence[0].verdicts.c: expected one of inconclusive, refuted, supported, uninformative, got 'true'",
        ),
    ],
)
def test_a_damaged_record_is_one_clear_error(project, content, message):
    (project.pytester.path / "record.json").write_text(content)
    result = project.run()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert message in result.stderr.str()
    assert "record.json" in result.stderr.str()


def test_recording_over_a_file_that_is_no_record_keeps_it(project):
    path = project.pytester.path / "record.json"
    for number, name in enumerate(("record.json.old", "record.json.old1")):
        path.write_text(f'{{"number": {number}}}')
        result = project.run("--claims-record")
        result.stdout.fnmatch_lines([f"record: the file that could not be read is now {name}"])
        assert json.loads((project.pytester.path / name).read_text()) == {"number": number}
        assert len(record_of(project)["evidence"]) == 3
