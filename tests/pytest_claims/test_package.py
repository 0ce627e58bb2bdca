"""What the package offers to those who import it."""

from __future__ import annotations

import importlib.metadata
import importlib.resources
import subprocess
import sys

import pytest

import pytest_claims
import pytest_claims.rules  # loaded once, before inner runs that pytester cleans up after


def test_public_names_are_there():
    for name in pytest_claims.__all__:
        assert getattr(pytest_claims, name).__name__ == name
    with pytest.raises(AttributeError, match="pytest_claims attribute nothing"):
        pytest_claims.nothing  # noqa: B018


def test_a_run_without_claims_imports_no_more_than_the_hooks(tmp_path):
    (tmp_path / "test_ordinary.py").write_text("def test_ordinary(): pass")
    code = "import pytest, sys; pytest.main(['-q']); print(*sys.modules, sep=chr(10))"
    run = [sys.executable, "-c", code]
    done = subprocess.run(run, cwd=tmp_path, capture_output=True, text=True, check=True)
    imported = {name for name in done.stdout.split() if name.partition(".")[0] == "pytest_claims"}
    rooms = {"core", "core.figures", "junit", "junit.properties", "running", "hookspecs", "plugin"}
    hooks = {"closing_words", "notices", "path_options", "run", "session", "staging"}
    assert imported == {
        "pytest_claims",
        *(f"pytest_claims.{name}" for name in rooms),
        *(f"pytest_claims.running.{name}" for name in hooks),
    }


def test_statistics_and_command_line_need_no_pytest():
    code = (
        "import sys, pytest_claims.statistics, pytest_claims.command_line; sys.exit('pytest' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


@pytest.mark.parametrize("package", ["pytest_claims", "marker_coupling"])
def test_packages_are_marked_as_typed(package):
    assert (importlib.resources.files(package) / "py.typed").is_file()


def test_the_plugin_is_found_by_its_entry_point():
    (found,) = [e for e in importlib.metadata.entry_points(group="pytest11") if e.name == "claims"]
    assert found.value == "pytest_claims.plugin"
