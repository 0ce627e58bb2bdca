"""Versions that have to be the same everywhere, and the kind of device."""

from __future__ import annotations

import platform
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch
import transformers

from marker_coupling.cluster import environment
from marker_coupling.cluster.environment import LIBRARIES, device_kind, difference, versions

SRC = Path(environment.__file__).parents[2]


def test_versions_are_those_that_are_imported():
    of_all = versions()
    assert of_all["python"] == platform.python_version()
    assert of_all["torch"] == torch.__version__.partition("+")[0]
    assert of_all["transformers"] == transformers.__version__
    assert set(of_all) == {"marker-coupling", "python", *LIBRARIES}
    # Its code may come to workers without being installed there.
    assert of_all["marker-coupling"] == f"code {environment.code_digest():.12}"


def test_what_stages_say_they_were_computed_with_is_compared():
    from marker_coupling.pipeline import assembly
    from marker_coupling.pipeline.plan import base_models

    assert set(assembly._LIBRARIES) - {"marker-coupling"} <= set(LIBRARIES)
    assert set(base_models._CHAT_LIBRARIES) <= set(LIBRARIES)


@pytest.mark.parametrize("name", list(versions()))
def test_one_version_that_differs_is_named(name):
    here = versions()
    assert difference(here, dict(here)) == ""
    assert (
        difference(here, here | {name: "0.1"}) == f"expected {name} {here[name]}, as the driver has, got 0.1"
    )
    without = {other: version for other, version in here.items() if other != name}
    assert difference(here, without).endswith("got none")


def test_another_line_of_code_is_another_version(tmp_path):
    for package in environment._PACKAGES:
        shutil.copytree(SRC / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))

    def digest():
        code = "from marker_coupling.cluster.environment import code_digest; print(code_digest())"
        command = [sys.executable, "-c", code]
        done = subprocess.run(
            command, env={"PYTHONPATH": str(tmp_path)}, capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    assert digest() == environment.code_digest()
    with (tmp_path / "manylora" / "progress.py").open("a") as file:
        file.write("# another\n")
    assert digest() != environment.code_digest()


def test_cpus_are_told_apart_by_what_they_can_do():
    assert device_kind("cpu") == f"CPU with {torch.backends.cpu.get_cpu_capability()}"
