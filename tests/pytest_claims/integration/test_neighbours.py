"""The ledger beside other plugins and under pytest's own options: the same verdicts, or a word on what is missing."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

VERDICTS = {"high": "supported", "low": "refuted", "middling": "inconclusive"}

SAME_VERDICTS = {
    "no junitxml": ["-p", "no:junitxml"],
    "quiet": ["-qq"],
    "no terminal": ["-p", "no:terminal"],
    "no xdist": ["-p", "no:xdist"],
    "strict": ["--strict-markers", "--strict-config", "-W", "error"],
    "its own report": ["--junitxml=own.xml", "--junitprefix=before", "-o", "junit_family=xunit2"],
    "legacy report": ["--junitxml=own.xml", "-o", "junit_family=legacy"],
    "doctests": ["--doctest-modules"],
    "appending paths": ["--import-mode=append"],
    "importlib": ["--import-mode=importlib", "-o", "pythonpath=."],
    "uncaptured": ["-s"],
    "a debugger that nobody asks": ["--pdb", "--pdbcls=above:NoDebugger"],
    "no parameters fail": ["-o", "empty_parameter_set_mark=fail_at_collect"],
    "no parameters are expected to fail": ["-o", "empty_parameter_set_mark=xfail"],
}
WITH_PLUGINS = {
    "randomly": ["-p", "randomly", "-p", "no:xdist"],
    "timeout": ["--timeout=60"],
    "pytest_cov": ["--cov=above", "--cov-report="],
    "rerunfailures": ["--reruns=1"],
    "cacheprovider": ["--stepwise-skip", "--new-first"],
}
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


@pytest.mark.parametrize("plugin", WITH_PLUGINS)
def test_the_same_verdicts_beside_other_plugins(neighbourly, plugin):
    neighbourly.run(*WITH_PLUGINS[plugin], uses=plugin)
    check(neighbourly)


@pytest.mark.parametrize("mode", ["load", "loadscope", "loadfile", "loadgroup", "worksteal", "each", "no"])
def test_the_same_verdicts_however_tests_are_spread(neighbourly, mode):
    workers = "2*popen" if mode == "each" else "popen"
    neighbourly.run(f"--dist={mode}", f"--tx={workers}")
    check(neighbourly)
    assert len(list(ET.parse(neighbourly.folder / "junit.xml").iter("testcase"))) == 4
