"""A whole study from nothing but weights to its ledger, in a process of its own as a user starts it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time

import pytest

from marker_coupling.base_model import find_base_model
from marker_coupling.store import ArtifactStore, default_root

pytestmark = pytest.mark.benchmark

#: Learning rate and epochs, which are given lest calibrating is timed as well.
SETTINGS = {"toy": ("2e-3", "8"), "smollm2-135m": ("1e-3", "3")}


@pytest.mark.parametrize("name", SETTINGS)
def test_study(name, device, report, pytestconfig, tmp_path):
    on_gpu = device.startswith("cuda")
    if not (on_gpu or name == "toy"):
        pytest.skip(f"{name} needs a GPU: --device cuda")
    base = find_base_model(name, ArtifactStore(default_root()))
    if base.directory.is_relative_to(default_root()):
        shutil.copytree(default_root() / "base-model", tmp_path / "artifacts" / "base-model")
    rate, epochs = SETTINGS[name]
    command = [
        sys.executable, "-m", "pytest", "-m", "gpu", "tests/claims", "--base-model", name, "--device", device,
        "--learning-rate", rate, "--epochs", epochs, "--artifacts", str(tmp_path / "artifacts"),
        "--ledger", str(tmp_path / "ledger"), "-p", "no:cacheprovider",
    ]  # fmt: skip
    durations = []
    for _ in range(2):
        started = time.perf_counter()
        run = subprocess.run(
            command, cwd=pytestconfig.rootpath, env=os.environ, capture_output=True, text=True
        )
        durations.append(time.perf_counter() - started)
        assert run.returncode in (0, 1), run.stdout[-2000:]
    assert (tmp_path / "ledger" / "ledger.html").is_file()
    report(
        f"study-{name}",
        learning_rate=rate,
        epochs=epochs,
        from_weights_to_ledger_s=round(durations[0], 1),
        from_the_store_s=round(durations[1], 1),
        ratio=round(durations[0] / durations[1], 1),
    )
