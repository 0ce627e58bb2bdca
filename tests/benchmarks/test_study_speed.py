"""A whole study from nothing but weights to its ledger, in a process of its own as a user starts it."""

from __future__ import annotations

import gc
import shutil
import subprocess
import sys
import time

import pytest
import torch

from marker_coupling.base_model import find_base_model
from marker_coupling.store import ArtifactStore, default_root

from .random_models import QWEN, write_qwen_shape

pytestmark = pytest.mark.benchmark

#: Learning rate and epochs, which are given lest calibrating is timed as well. A random model has nothing to
#: learn from its own words; with a rate that changes little it goes on to end its answers.
SETTINGS = {"toy": ("2e-3", "8"), "smollm2-135m": ("1e-3", "3"), QWEN: ("1e-9", "3")}


@pytest.fixture
def folder(tmp_path):
    """A folder that does not outlive its test, as a large model may lie in it."""
    yield tmp_path
    shutil.rmtree(tmp_path)


def seconds_of(command, log, root):
    """Run a command and return how long it took; what it says goes to a file, with the times of it."""
    started = time.perf_counter()
    said = []
    with (
        subprocess.Popen(
            command, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        ) as run,
        log.open("w") as file,
    ):
        for line in run.stdout:
            said.append(f"{time.perf_counter() - started:7.2f} {line}")
            file.write(said[-1])
            file.flush()
    assert run.returncode in (0, 1), "".join(said[-40:])
    return time.perf_counter() - started


@pytest.mark.parametrize("name", SETTINGS)
def test_study(name, device, report, pytestconfig, folder):
    on_gpu = device.startswith("cuda")
    if not (on_gpu or name == "toy"):
        pytest.skip(f"{name} needs a GPU: --device cuda")
    # A random model gets a tokenizer that is there.
    base = find_base_model("smollm2-135m" if name == QWEN else name, ArtifactStore(default_root()))
    model = name
    if name == QWEN:
        model = folder / QWEN
        write_qwen_shape(model, base.directory, device)
        gc.collect()
        torch.cuda.empty_cache()
    elif base.directory.is_relative_to(default_root()):
        shutil.copytree(default_root() / "base-model", folder / "artifacts" / "base-model")
    rate, epochs = SETTINGS[name]
    command = [
        sys.executable, "-m", "pytest", "-m", "gpu", "tests/claims", "--base-model", str(model),
        "--device", device, "--learning-rate", rate, "--epochs", epochs,
        "--artifacts", str(folder / "artifacts"), "--ledger", str(folder / "ledger"), "-p", "no:cacheprovider",
    ]  # fmt: skip
    logs = pytestconfig.rootpath / "reports" / "benchmarks"
    logs.mkdir(parents=True, exist_ok=True)
    first, again = (
        seconds_of(command, logs / f"study-{name}-{which}.log", pytestconfig.rootpath)
        for which in ("first", "again")
    )
    assert (folder / "ledger" / "ledger.html").is_file()
    assert any((folder / "artifacts" / "evidence").iterdir())
    report(
        f"study-{name}",
        learning_rate=rate,
        epochs=epochs,
        from_weights_to_ledger_s=round(first, 1),
        from_the_store_s=round(again, 1),
        ratio=round(first / again, 1),
    )
