"""Facts of the run: the commit as Git tells it, versions as installed, evidence by name."""

from __future__ import annotations

import platform
from types import SimpleNamespace

import numpy as np
import pytest

from pytest_claims.running.environment import commit_of, environment_properties, project_of


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


def test_evidence_tells_when_git_committed_its_files(repository):
    folder, git = repository
    evidence = {
        "whole": {"files": "file", "committed": "of its own"}, "both": {"files": "file, absent"}, "none": {"sha256": "ab"},
        "web": {"files": "https://example.org/file"}, "outside": {"files": "../file"},
    }  # fmt: skip
    found = dict(facts_of_run(folder, evidence=evidence))
    committed = {name: value for name, value in found.items() if name.endswith(".committed")}
    assert committed == {"evidence.whole.committed": f"{git('rev-parse', 'HEAD')} 2026-02-01T12:00:00+00:00"}
