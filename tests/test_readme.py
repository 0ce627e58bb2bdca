"""The README says what is so: its example runs, its commands are there, its files exist."""

from __future__ import annotations

import json
import re

import matplotlib.figure  # noqa: F401 - loaded once, before the inner run that pytester cleans up after
import pytest


@pytest.fixture(scope="module")
def readme(pytestconfig):
    return (pytestconfig.rootpath / "README.md").read_text(encoding="utf-8")


def fenced(readme, language):
    return re.findall(rf"^```{language}\n(.*?)^```$", readme, flags=re.M | re.S)


def test_the_two_commands_come_first_and_are_one_line_each(readme):
    commands = fenced(readme, "sh")
    assert [command.count("\n") for command in commands[:2]] == [1, 1]
    assert all(command.startswith("sh .ci/setup && ") for command in commands[:2])


def test_the_example_of_a_claim_elsewhere_runs_as_it_stands(readme, pytester):
    blocks = {re.match(r"# (\w+)\.py", block)[1]: block for block in fenced(readme, "python")}
    pytester.makeconftest(blocks["conftest"])
    pytester.makepyfile(test_weather=blocks["test_weather"])
    result = pytester.runpytest_inprocess("--ledger", "ledger", "-p", "no:hypothesispytest")
    result.assert_outcomes(passed=1)
    (entry,) = json.loads((pytester.path / "ledger/ledger.json").read_text())["claims"]
    assert (entry["id"], entry["verdict"]) == ("rain-sells-umbrellas", "supported")


def test_what_it_links_to_exists(readme, pytestconfig):
    for target in re.findall(r"\]\(([^)#]+)\)", readme):
        assert (pytestconfig.rootpath / target).exists(), target


def test_the_columns_it_documents_are_those_that_are_read(readme):
    from marker_coupling.evidence_table import KNOWN_COLUMNS

    documented = set(re.findall(r"`(\w+)`", "".join(re.findall(r"^\| `.*$", readme, flags=re.M))))
    assert set(KNOWN_COLUMNS) - {"samples_under_assistant"} <= documented
