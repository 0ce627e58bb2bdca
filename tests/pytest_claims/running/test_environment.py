"""Facts of the run: the commit as Git tells it, versions as installed, evidence by name."""

from __future__ import annotations

import platform
import subprocess
from types import SimpleNamespace

import numpy as np
import pytest

from pytest_claims.running.environment import commit_of, environment_properties, project_of


@pytest.fixture
def repository(tmp_path, monkeypatch):
    for variable in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        monkeypatch.delenv(variable, raising=False)

    def git(*arguments):
        identity = (
            "-c",
            "user.name=Tests",
            "-c",
            "user.email=tests@example.org",
            "-c",
            "commit.gpgsign=false",
        )
        command = ["git", "-C", str(tmp_path), *identity, *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    git("init")
    (tmp_path / "file").write_text("1")
    git("add", "file")
    git("commit", "-m", "first")
    return tmp_path, git


def test_the_commit_is_marked_if_any_file_differs_from_it(repository):
    folder, git = repository
    commit = git("rev-parse", "HEAD")
    assert commit_of(folder) == commit
    (folder / "new").write_text("2")
    assert commit_of(folder) == f"{commit} with changes"
    (folder / "new").unlink()
    (folder / "file").write_text("2")
    assert commit_of(folder) == f"{commit} with changes"


def test_without_a_repository_or_git_the_commit_is_unknown(tmp_path, monkeypatch):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert commit_of(tmp_path) == "unknown"
    assert commit_of(tmp_path / "absent") == "unknown"
    monkeypatch.setenv("PATH", str(tmp_path))
    assert commit_of(tmp_path) == "unknown"


def facts_of_run(folder, *answers, evidence=None):
    hook = SimpleNamespace(pytest_claims_environment=lambda config: list(answers))
    config = SimpleNamespace(rootpath=folder, hook=hook, stash=pytest.Stash())
    return list(environment_properties(config, evidence or {}))


def test_facts_are_always_in_one_order(tmp_path):
    facts = facts_of_run(tmp_path, {"b": "1", "a": "2"}, {"c": 3}, evidence={"y": {"sha256": "ab"}, "x": {}})
    names = [name for name, _ in facts]
    versions = [f"version.{name}" for name in ("python", "pytest", "numpy", "scipy", "matplotlib")]
    assert names == ["commit", "platform", *versions, "b", "a", "c", "evidence.y.sha256"]
    found = dict(facts)
    assert (found["version.numpy"], found["version.python"]) == (np.__version__, platform.python_version())
    assert (found["c"], found["evidence.y.sha256"]) == ("3", "ab")


@pytest.mark.parametrize("answer", [3, None, object()], ids=["number", "none", "object"])
def test_an_unsound_answer_of_a_hook_is_a_remark(tmp_path, answer):
    *_, (name, remark) = facts_of_run(tmp_path, {"a": "2"}, answer)
    assert name == "environment"
    assert remark.startswith("(left out: AttributeError: ")


def test_a_project_is_named_with_its_version_where_it_tells_them(tmp_path):
    assert project_of(tmp_path) == ""
    for text, project in (
        ('[project]\nname = "weather"\nversion = "1.2"\n', "weather 1.2"), ('[project]\nname = "weather"\n', "weather"),
        ("[project\n", ""), ("project = 3\n", ""), ("[tool.x]\n", ""),
    ):  # fmt: skip
        (tmp_path / "pyproject.toml").write_text(text, encoding="utf-8")
        assert project_of(tmp_path) == project
