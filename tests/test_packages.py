"""Every package of src is in the distribution, and typed; documents name files that exist."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = sorted(path.parent for path in (ROOT / "src").glob("*/__init__.py"))


def test_every_package_is_in_the_wheel():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    assert sorted(wheel) == [str(package.relative_to(ROOT)) for package in PACKAGES]


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.name)
def test_every_package_is_marked_as_typed(package):
    assert (package / "py.typed").read_bytes() == b""


@pytest.mark.parametrize("name", ["CONTRIBUTING.md", "CHANGELOG.md"])
def test_what_a_document_names_is_there(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    links = re.findall(r"\]\((?!https://)([^)#]+)", text)
    paths = re.findall(r"`((?:src|tests|fixtures|examples|docs|\.ci|\.github)/[\w./-]*)`", text)
    assert len(links) + len(paths) > 3
    assert [path for path in (*links, *paths) if not (ROOT / path).exists()] == []


def test_commands_that_contributors_are_shown_are_there():
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"^```sh\n(.*?)^```$", text, flags=re.M | re.S)
    commands = [line.partition("#")[0].split() for line in block.splitlines()]
    named = [part for command in commands for part in command if part.startswith(("tests/", ".ci/"))]
    assert {".ci/setup", ".ci/run", "tests/claims"} <= set(named)
    assert [path for path in named if not (ROOT / path).exists()] == []
