"""The ledger beside other plugins and under pytest's own options: the same verdicts, or a word on what is missing."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

VERDICTS = {"high": "supported", "low": "refuted", "middling": "inconclusive"}

# Options that do not touch each other are tried together.
SAME_VERDICTS = {
    "quiet, strict, with doctests, without junitxml": [
        "-qq", "--strict-markers", "--strict-config", "-W", "error", "--doctest-modules", "-p", "no:junitxml",
    ],
    "without a terminal": ["-p", "no:terminal"],
    "its own report, no xdist, appending paths": [
        "--junitxml=own.xml", "--junitprefix=before", "-o", "junit_family=xunit2", "-p", "no:xdist", "--import-mode=append",
        "-o", "empty_parameter_set_mark=fail_at_collect",
    ],
    "legacy report, uncaptured, importlib": [
        "--junitxml=own.xml", "-o", "junit_family=legacy", "-s", "--import-mode=importlib", "-o", "pythonpath=.",
        "-o", "empty_parameter_set_mark=xfail",
    ],
    "a debugger that nobody asks": ["--pdb", "--pdbcls=above:NoDebugger"],
}  # fmt: skip
WITH_PLUGINS = {
    "randomly": ["-p", "randomly", "-p", "no:xdist"],
    "timeout pytest_cov rerunfailures cacheprovider": [
        "--timeout=60", "--cov=above", "--cov-report=", "--reruns=1", "--stepwise-skip", "--new-first",
    ],
}  # fmt: skip
UNFED = """
@claim("unfed", "No evidence can feed it.", rule=Above(1.0), needs=("meen",))
def test_unfed(evidence, verdict):
    raise AssertionError
"""
DEBUGGER = """
class NoDebugger:
    quitting = False
    def __init__(self, *args, **kwargs): pass
    def reset(self): pass
    def interaction(self, *args): pass
    def set_trace(self, *args): pass
"""


@pytest.fixture
def neighbourly(project):
    from ..conftest import CLAIMS, RULES

    project.claims(CLAIMS + UNFED)
    project.pytester.makepyfile(above=RULES + DEBUGGER)
    return project


def check(project):
    assert {name: entry["verdict"] for name, entry in project.entries().items()} == VERDICTS
    (unfed,) = project.ledger()["not_judged"]
    assert (unfed["id"], unfed["why"]) == ("unfed", "unfed")
    assert unfed["reason"] == "no evidence has 'meen'; did you mean 'mean'?"
    assert project.ledger()["left_out"] == []
    assert not project.ledger()["partial"]


@pytest.mark.parametrize("options", SAME_VERDICTS.values(), ids=SAME_VERDICTS)
def test_the_same_verdicts_under_pytest_s_own_options(neighbourly, options):
    neighbourly.run(*options)
    check(neighbourly)


@pytest.mark.parametrize("plugins", WITH_PLUGINS)
def test_the_same_verdicts_beside_other_plugins(neighbourly, plugins):
    neighbourly.run(*WITH_PLUGINS[plugins], uses=plugins)
    check(neighbourly)


# "load" is tried wherever a worker crashes or attempts are counted, "loadfile" by these tests' own runs.
@pytest.mark.parametrize("mode", ["loadscope", "loadgroup", "worksteal", "each", "no"])
def test_the_same_verdicts_however_tests_are_spread(neighbourly, mode):
    workers = "2*popen" if mode == "each" else "popen"
    neighbourly.run(f"--dist={mode}", f"--tx={workers}")
    check(neighbourly)
    assert len(list(ET.parse(neighbourly.folder / "junit.xml").iter("testcase"))) == 4
