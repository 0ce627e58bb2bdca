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


def tree_of(readme):
    """Folders of the annotated tree, each with its line."""
    (block,) = re.findall(r"^## Architecture\n\n```\n(.*?)^```$", readme, flags=re.M | re.S)
    parents, tree = [], []
    for line in block.splitlines():
        indent, folder, meaning = re.fullmatch(r"( *)(\S+)/ *(.*)", line).groups()
        parents = [*parents[: len(indent) // 4], folder]
        tree.append(("/".join(parents), meaning))
    return tree


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


def test_every_path_of_its_tree_is_there(readme, pytestconfig):
    tree = [path for path, _ in tree_of(readme)]
    assert len(tree) > 30
    assert [path for path in tree if not (pytestconfig.rootpath / path).is_dir()] == []
    assert len(set(tree)) == len(tree)


def test_its_tree_has_every_package_and_every_folder_of_the_root(readme, pytestconfig):
    root = pytestconfig.rootpath
    tracked = subprocess.run(
        ["git", "ls-files"], cwd=root, capture_output=True, text=True
    ).stdout.splitlines()
    folders = {path.partition("/")[0] for path in tracked if "/" in path} or {"src", "tests"}
    packages = {f"src/{path.parent.name}" for path in (root / "src").glob("*/__init__.py")}
    shown = {path for path, _ in tree_of(readme)}
    assert folders <= {path.partition("/")[0] for path in shown}
    assert packages <= shown


def test_every_folder_of_its_tree_is_explained(readme):
    assert [path for path, meaning in tree_of(readme) if not meaning and path != "src"] == []


def test_the_columns_it_documents_are_those_that_are_read(readme):
    from marker_coupling.evidence.tables.evidence_table import KNOWN_COLUMNS

    documented = set(re.findall(r"`(\w+)`", "".join(re.findall(r"^\| `.*$", readme, flags=re.M))))
    assert set(KNOWN_COLUMNS) - {"samples_under_assistant"} <= documented


@pytest.fixture(scope="module")
def workflow(readme, pytestconfig):
    path = ".github/workflows/claims.yml"
    assert f"]({path})" in readme
    return yaml.safe_load((pytestconfig.rootpath / path).read_text(encoding="utf-8"))


def test_the_workflow_judges_as_the_readme_says(workflow, readme):
    commands = [step["run"] for job in workflow["jobs"].values() for step in job["steps"] if "run" in step]
    set_up, judge = fenced(readme, "sh")[0].strip().split(" && ")
    assert set_up in commands
    assert f"{judge} --ledger-figures=embed" in commands


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
