"""The README is short, shows the two commands first, and leads to everything else."""

from __future__ import annotations

import json
import re
import subprocess

import pytest
import yaml

from .documents import PAGES, ROOT, fenced, is_tree, links, text_of

WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))


@pytest.fixture(scope="module")
def readme():
    return text_of(ROOT / "README.md")


@pytest.fixture(scope="module")
def tree():
    """Folders of the annotated tree, each with its line."""
    (block,) = filter(is_tree, fenced(text_of(ROOT / "docs/architecture.md"), ""))
    parents, folders = [], []
    for line in block.splitlines():
        indent, folder, meaning = re.fullmatch(r"( *)(\S+)/ *(.*)", line).groups()
        parents = [*parents[: len(indent) // 4], folder]
        folders.append(("/".join(parents), meaning))
    return folders


def workflow_of(path):
    return yaml.safe_load(text_of(path))


def test_the_two_commands_come_first_and_are_one_line_each(readme):
    commands = fenced(readme, "sh")
    assert [command.count("\n") for command in commands[:2]] == [1, 1]
    assert all(command.startswith("sh .ci/setup && ") for command in commands[:2])


def test_it_is_read_in_three_minutes(readme):
    assert len(readme.encode()) < 9_000


def test_it_leads_to_every_page(readme):
    """Those of the API are reached from the pages that say how to use it."""
    linked = {target.partition("#")[0] for target in links(readme)}
    assert {f"docs/{path.name}" for path in PAGES if path.parent.name == "docs"} <= linked
    assert {"CONTRIBUTING.md", "CHANGELOG.md"} <= linked


@pytest.mark.parametrize("page", ["README.md", "docs/adjudication.md"])
def test_the_answer_is_that_of_the_reference_ledger(page):
    claims = json.loads(text_of(ROOT / "reports/reference/ledger/ledger.json"))["claims"]
    answers = [claim for claim in claims if claim["headline"] and claim["role"] == "pooled"]
    assert answers
    text = " ".join(text_of(ROOT / page).split())
    for claim in answers:
        value, low, high = (
            f"{claim[key]:.2f}".replace("0.", ".") for key in ("estimate", "ci_low", "ci_high")
        )
        assert (
            f"true partial correlation is {value}, {claim['ci_level']:.0%} interval {low} to {high}" in text
        )
        assert f"{claim['n']} personas" in text


def test_its_table_of_verdicts_is_that_of_the_page(readme):
    def rows(text):
        return re.search(r"^\| verdict \|.*?\n\n", text, flags=re.M | re.S)[0]

    assert rows(readme) == rows(text_of(ROOT / "docs/reading-a-ledger.md"))


def test_every_path_of_the_tree_is_there(tree):
    paths = [path for path, _ in tree]
    assert len(paths) > 30
    assert [path for path in paths if not (ROOT / path).is_dir()] == []
    assert len(set(paths)) == len(paths)


def test_the_tree_has_every_package_and_every_folder_of_the_root(tree):
    tracked = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True
    ).stdout.splitlines()
    folders = {path.partition("/")[0] for path in tracked if "/" in path} or {"src", "tests"}
    packages = {f"src/{path.parent.name}" for path in (ROOT / "src").glob("*/__init__.py")}
    shown = {path for path, _ in tree}
    assert folders <= {path.partition("/")[0] for path in shown}
    assert packages <= shown


def test_every_folder_of_the_tree_is_explained(tree):
    assert [path for path, meaning in tree if not meaning and path != "src"] == []


def test_the_workflow_judges_as_the_readme_says(readme):
    path = ".github/workflows/claims.yml"
    assert f"](../{path})" in text_of(ROOT / "docs/reading-a-ledger.md")
    jobs = workflow_of(ROOT / path)["jobs"]
    commands = [step["run"] for job in jobs.values() for step in job["steps"] if "run" in step]
    set_up, judge = fenced(readme, "sh")[0].strip().split(" && ")
    assert set_up in commands
    assert f"{judge} --ledger-figures=embed" in commands


def test_the_workflow_for_documents_builds_the_site_as_contributors_do():
    (job,) = workflow_of(ROOT / ".github/workflows/documents.yml")["jobs"].values()
    commands = [step["run"] for step in job["steps"] if "run" in step]
    assert ".venv/bin/mkdocs build --strict" in commands
    assert ".venv/bin/mkdocs build --strict" in fenced(text_of(ROOT / "CONTRIBUTING.md"), "sh")[0]
    assert any(step.get("with", {}).get("path") == "site" for step in job["steps"])


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_is_one_that_can_run(path):
    workflow = workflow_of(path)
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


def test_the_workflow_of_claims_shows_and_keeps_the_ledger():
    (job,) = workflow_of(ROOT / ".github/workflows/claims.yml")["jobs"].values()
    assert any(step.get("with", {}).get("path") == "reports/latest" for step in job["steps"])
    assert any("GITHUB_STEP_SUMMARY" in step.get("run", "") for step in job["steps"])
