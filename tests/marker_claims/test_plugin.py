"""The application is loaded in this repository, wherever pytest is started, and nowhere else; it is light."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import distribution

import pytest


@pytest.mark.parametrize("folder", [".", "src/marker_coupling", "tests/claims"])
def test_options_are_shown_from_any_folder(pytestconfig, folder):
    shown = subprocess.run(
        [sys.executable, "-m", "pytest", "--help"],
        cwd=pytestconfig.rootpath / folder, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    for option in ("--evidence", "--base-model", "--study", "--kills", "--artifacts"):
        assert f"\n  {option}=" in shown, option


def test_other_repositories_do_not_have_it(pytester):
    pytester.makepyfile("def test_nothing(): pass")
    result = pytester.runpytest_inprocess("--base-model=toy", "-p", "no:hypothesispytest")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert [
        entry.value for entry in distribution("marker-coupling").entry_points if entry.group == "pytest11"
    ] == ["pytest_claims.plugin"]


def test_it_imports_nothing_that_takes_long():
    code = "import sys, marker_claims.plugin; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert "marker_coupling.study.recipe" in loaded
    assert not {"torch", "transformers", "numpy", "matplotlib"} & set(loaded)


def test_sources_need_no_pytorch():
    code = "import sys, marker_claims.sources; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert "marker_coupling.pipeline.plan.experiment_plan" in loaded
    assert not {"torch", "transformers"} & set(loaded)
