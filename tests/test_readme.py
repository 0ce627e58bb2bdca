"""The README says what is so: its example runs, its commands are there, its files exist."""

from __future__ import annotations

import json
import re
import subprocess

import matplotlib.figure  # noqa: F401 - loaded once, before the inner run that pytester cleans up after
import pytest
import yaml

from pytest_claims.command_line import main

from .manylora.tiny_models import save_tiny


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
    result = pytester.runpytest_inprocess(
        "--ledger", "ledger", "-p", "no:hypothesispytest", "-p", "no:randomly"
    )
    result.assert_outcomes(passed=1)
    (entry,) = json.loads((pytester.path / "ledger/ledger.json").read_text())["claims"]
    assert (entry["id"], entry["verdict"]) == ("rain-sells-umbrellas", "supported")
    (pytester.path / "test_weather.py").write_text("def test_plain(): pass\n")
    pytester.runpytest_inprocess("-p", "no:claims", "-p", "no:hypothesispytest").assert_outcomes(passed=1)


def test_the_example_of_many_adapters_runs_as_it_stands(readme, tmp_path, monkeypatch, capsys):
    save_tiny(tmp_path / "SmolLM2-135M-Instruct")
    monkeypatch.chdir(tmp_path)
    (block,) = (block for block in fenced(readme, "python") if block.startswith("# three_voices.py"))
    names = {}
    exec(compile(block, "three_voices.py", "exec"), names)
    assert [line.split(",")[0] for line in capsys.readouterr().out.splitlines()] == list(names["voices"])
    assert all(adapter.losses[-1] < 0.9 * adapter.losses[0] for adapter in names["trained"])
    assert [len(of_adapter[0]) for of_adapter in names["scores"]] == [len("Arr.") + 1] * 3
    loaded = [names["engine"].load(f"adapters/{voice}") for voice in names["voices"]]
    assert names["engine"].log_probabilities(loaded, names["tasks"][0].examples)[0][0].sum() > -1e3


def test_what_it_links_to_exists(readme, pytestconfig):
    for target in re.findall(r"\]\(([^)#]+)\)", readme):
        assert (pytestconfig.rootpath / target).exists(), target


def test_the_columns_it_documents_are_those_that_are_read(readme):
    from marker_coupling.evidence.tables.evidence_table import KNOWN_COLUMNS

    documented = set(re.findall(r"`(\w+)`", "".join(re.findall(r"^\| `.*$", readme, flags=re.M))))
    assert set(KNOWN_COLUMNS) - {"samples_under_assistant"} <= documented


@pytest.fixture(scope="module")
def workflow(readme):
    (text,) = fenced(readme, "yaml")
    return yaml.safe_load(text)


def test_the_workflow_is_one_that_can_run(workflow, pytestconfig):
    # YAML 1.1 reads the key 'on' as true.
    assert set(workflow) == {"name", True, "permissions", "jobs"}
    (job,) = workflow["jobs"].values()
    for step in job["steps"]:
        assert set(step) <= {"name", "if", "uses", "with", "run", "env", "continue-on-error"}
        assert ("uses" in step) != ("run" in step)
        if "uses" in step:
            assert re.fullmatch(r"actions/[\w-]+@v\d+", step["uses"])
        else:
            checked = subprocess.run(["sh", "-n", "-c", step["run"]], capture_output=True, text=True)
            assert checked.returncode == 0, checked.stderr
    assert any(step.get("with", {}).get("path") == "reports/latest" for step in job["steps"])
    assert any("GITHUB_STEP_SUMMARY" in step.get("run", "") for step in job["steps"])


def test_the_commands_it_shows_are_there(readme, capsys):
    commands = re.findall(r"python -m pytest_claims (\w+)", readme)
    assert {"ledger", "diff", "history", "summary"} <= set(commands)
    for command in set(commands):
        with pytest.raises(SystemExit) as stopped:
            main([command, "--help"])
        assert stopped.value.code == 0
    shown = capsys.readouterr().out
    for option in re.findall(r"--(?:html|figures|output|limit-mib)\b", readme):
        assert option in shown


def test_the_options_of_the_plugin_it_shows_are_there(readme, pytestconfig):
    for option in set(re.findall(r"--(ledger(?:-figures)?|claims-[\w-]+)\b", readme)):
        assert hasattr(pytestconfig.option, option.replace("-", "_")), option


def test_values_of_options_stand_behind_an_equals_sign(readme):
    """After a space pytest takes an existing path for a test path."""
    commands = [
        line for line in re.sub(r"\\\n\s*", "", readme).splitlines() if "pytest " in line and " --" in line
    ]
    commands = [line for line in commands if "-m pytest_claims" not in line]
    assert len(commands) > 8
    for option in (
        "artifacts",
        "base-model",
        "device",
        "evidence",
        "ledger",
        "ledger-figures",
        "recipe",
        "seeds",
        "study",
    ):
        for line in commands:
            assert not re.search(rf"--{option} +[^-|`\s]", line), line
