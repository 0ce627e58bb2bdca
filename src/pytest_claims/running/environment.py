"""Facts of the run for the head of the ledger: versions, commit, platform, evidence."""

from __future__ import annotations

import importlib.metadata
import platform
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from guarded_files import read_toml
from pytest_claims.judging.facts import fact_texts
from pytest_claims.junit.properties import Property
from pytest_claims.ledger.ledger import TERM
from pytest_claims.ledger.rule_dates import COMMITTED
from pytest_claims.running.git_history import changes_of_files, run_git
from pytest_claims.running.terms import TERMS

_DISTRIBUTIONS = ("pytest", "numpy", "scipy", "matplotlib")


def environment_properties(
    config: pytest.Config, evidence: Mapping[str, Mapping[str, str]]
) -> Iterator[Property]:
    """Yield suite properties, always in the same order; ``evidence`` holds facts by name of the evidence."""
    if project := project_of(config.rootpath):
        yield "project", project
    yield "commit", commit_of(config.rootpath)
    yield "platform", f"{platform.system()} {platform.machine()}"
    yield "version.python", platform.python_version()
    for name in _DISTRIBUTIONS:
        yield f"version.{name}", _version(name)
    yield from _facts_of_hooks(config)
    for word, text in config.stash.get(TERMS, {}).items():
        yield TERM + word, text
    files = {name: facts["files"].split(", ") for name, facts in evidence.items() if facts.get("files")}
    committed = changes_of_files(config.rootpath, files)
    for name, facts in evidence.items():
        for key, value in facts.items():
            if key != COMMITTED:  # a fact of Git's alone
                yield f"evidence.{name}.{key}", value
        if name in committed:
            yield f"evidence.{name}.{COMMITTED}", committed[name].text


def _version(distribution: str) -> str:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return "unknown"


def _facts_of_hooks(config: pytest.Config) -> list[Property]:
    try:
        answers = config.hook.pytest_claims_environment(config=config)
        return [fact for facts in answers for fact in fact_texts(dict(facts.items()))]
    except Exception as error:  # they are for people to read; the verdicts stand without them
        return [("environment", f"(left out: {type(error).__name__}: {error})")]


def project_of(directory: Path) -> str:
    """Return name and version of a directory's project; empty where ``pyproject.toml`` tells none."""
    try:
        project = read_toml(directory / "pyproject.toml", ValueError).get("project")
    except ValueError:
        return ""
    if not isinstance(project, dict):
        return ""
    parts = (project.get("name"), project.get("version"))
    return " ".join(part for part in parts if isinstance(part, str))


def commit_of(directory: Path) -> str:
    """Return the Git commit of ``directory``, marked if files differ from it; ``"unknown"`` outside Git."""
    commit, changes = run_git(directory, "rev-parse", "HEAD"), run_git(directory, "status", "--porcelain")
    if commit is None or changes is None:
        return "unknown"
    return f"{commit.strip()} with changes" if changes.strip() else commit.strip()
