"""The commits that fixed rules: which lines are a claim's, and what a run puts into its report of them."""

from __future__ import annotations

import subprocess
import textwrap

from pytest_claims.running.rule_history import claim_lines

SOURCE = """
    import pytest
    LEVEL = 0.05
    STEP: float = 2 * LEVEL
    UNUSED = 3

    def rule():
        return Above(STEP)

    def helper():
        return LEVEL

    def draw():
        return LEVEL

    @pytest.mark.slow
    @claim(
        "rain",
        "It rains.",
        rule=rule(),
        source="a guide",
        headline=True,
    )
    def test_rain(evidence, verdict, step=GIVEN):
        verdict.decide(
            helper()
        )
        verdict.figure(draw, UNUSED)

    class TestSnow:
        DEPTH = 4

        @claim("snow", "It snows.", rule=Above(DEPTH), kind="inference")
        async def test_snow(self, verdict):
            verdict.decide(STEP)

    GIVEN = dict(rule=1)
    @claim("hail", "It hails.", **GIVEN)
    def test_hail(verdict): verdict.decide(1)

    RULED = claim("fog", "There is fog.", rule=Above(1))
    @RULED
    def test_fog(verdict): verdict.decide(rule)

    def undecorated(): pass
"""


def lines_of(*tests):
    """Lines of rule and test of each claim, as text."""
    text = textwrap.dedent(SOURCE)
    lines = text.splitlines()
    firsts = {
        name: next(i for i, line in enumerate(lines, 1) if line.strip().startswith(start))
        for name, start in tests
    }
    found = claim_lines(text.encode(), firsts.values())
    return [
        tuple({lines[line - 1].strip() for line in part} for part in (found[first].rule, found[first].test))
        for first in firsts.values()
    ]


def test_a_rule_is_what_decides_and_what_it_names_in_the_file():
    ((rule, test),) = lines_of(("rain", "@pytest.mark.slow"))
    assert rule == {
        "@pytest.mark.slow", '"rain",', '"It rains.",', "rule=rule(),", "def rule():", "return Above(STEP)",
        "STEP: float = 2 * LEVEL", "LEVEL = 0.05",
    }  # fmt: skip
    assert test == {
        "def test_rain(evidence, verdict, step=GIVEN):", "verdict.decide(", "helper()", ")", "def helper():",
        "return LEVEL", "GIVEN = dict(rule=1)",
    }  # fmt: skip


def test_methods_names_and_shared_arguments():
    (snow, hail, fog) = lines_of(("snow", '@claim("snow"'), ("hail", '@claim("hail"'), ("fog", "@RULED"))
    assert snow[0] == {'@claim("snow", "It snows.", rule=Above(DEPTH), kind="inference")', "DEPTH = 4"}
    assert snow[1] == {
        "async def test_snow(self, verdict):",
        "verdict.decide(STEP)",
        "STEP: float = 2 * LEVEL",
        "LEVEL = 0.05",
    }
    assert hail[0] == {'@claim("hail", "It hails.", **GIVEN)', "GIVEN = dict(rule=1)"}
    assert fog[0] == {"@RULED", 'RULED = claim("fog", "There is fog.", rule=Above(1))'}


def test_what_is_no_decorated_function_has_no_lines():
    text = textwrap.dedent(SOURCE)
    first = text.splitlines().index("def undecorated(): pass") + 1
    assert claim_lines(text.encode(), [first, 1, 10_000]) == {}


def git(folder, *arguments):
    identity = ["-c", "user.name=Tests", "-c", "user.email=tests@example.org", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", "-C", str(folder), *identity, *arguments], check=True, capture_output=True)


def changes(project):
    return [(entry["rule_change"], entry["test_change"]) for entry in project.ledger()["claims"]]


def test_a_run_tells_commits_of_rule_and_test(project, monkeypatch):
    folder = project.pytester.path
    project.run()
    assert changes(project) == [(None, None)] * 3
    git(folder, "init")
    project.run()
    uncommitted = {"commit": "", "date": None, "or_before": False}
    assert changes(project) == [(uncommitted, uncommitted)] * 3
    monkeypatch.setenv("GIT_COMMITTER_DATE", "2026-02-01T12:00:00+01:00")
    git(folder, "add", "test_claims.py")
    git(folder, "commit", "-m", "fix the rule")
    project.run("-n1", "-p", "xdist")
    (rule, test), *_ = changes(project)
    assert rule == test
    assert (rule["date"], rule["or_before"], len(rule["commit"])) == ("2026-02-01T11:00:00+00:00", False, 40)
    page = (project.folder / "ledger.html").read_text(encoding="utf-8")
    assert f"in {rule['commit'][:10]} on 2026-02-01" in page
    assert f"- **rule fixed**: in {rule['commit'][:10]} on 2026" in (project.folder / "ledger.md").read_text(
        encoding="utf-8"
    )
    source = (folder / "test_claims.py").read_text(encoding="utf-8")
    (folder / "test_claims.py").write_text(source.replace("Above(1.0)", "Above(2.0)"), encoding="utf-8")
    project.run()
    assert changes(project) == [(uncommitted, rule)] * 3


def test_a_file_that_changed_while_it_ran_tells_nothing(project):
    git(project.pytester.path, "init")
    project.claims("""
        from pathlib import Path
        from pytest_claims import Estimate, claim
        from above import Above

        @claim("mean-is-high", "The mean is high.", rule=Above(1.0), needs=("mean",), source="the tests")
        def test_mean_is_high(evidence, verdict):
            here = Path(__file__)
            here.write_text("#" + here.read_text())
            verdict.decide(Estimate("mean", evidence.mean, 3))
    """)
    project.run()
    assert changes(project) == [(None, None)] * 3
