"""A registered study by number of personas: time and memory of measuring, and time from evidence to ledger."""

from __future__ import annotations

import subprocess
import sys
import time
from functools import partial

import pytest

from marker_coupling.pipeline.plan.base_models import find_base_model
from marker_coupling.pipeline.registered_experiment import RegisteredExperiment
from marker_coupling.store.artifacts import ArtifactStore, default_root
from marker_coupling.study.registration_file import read_registration

from .study_examples import few
from .timed import timed

pytestmark = pytest.mark.benchmark

SIZES, GROUP = (48, 96, 192), 48


def test_time_and_memory_by_number_of_personas(report, device, pytestconfig, tmp_path):
    """One seed on SmolLM2; a warm-up of the smallest size compiles kernels."""
    if not device.startswith("cuda"):
        pytest.skip("takes hours without a GPU: --device=cuda")
    registration = read_registration(pytestconfig.rootpath / "fixtures" / "adjudication")
    base = find_base_model("smollm2-135m", ArtifactStore(default_root()))
    rate, epochs = registration.calibration.grid[0]
    found = {}
    for name, personas in (("warm", SIZES[0]), *((str(size), size) for size in SIZES)):
        experiment = RegisteredExperiment(
            few(registration, personas, 1), base, ArtifactStore(tmp_path / name), precision="bfloat16",
            device=device, group=GROUP,
        )  # fmt: skip
        _ = experiment.model.loaded
        run = timed(partial(experiment.evidence, rate, epochs, "forced"), device)
        found[name] = {"s": round(run.duration_s, 1), "peak_mib": run.peak_mib}
        experiment.model.release()
        print(f"{name}: {found[name]}", flush=True)
    smallest = found[str(SIZES[0])]
    report(
        "registered-study-size", base_model=base.name, seeds=1, adapters_at_once=GROUP,
        by_personas={str(size): found[str(size)] for size in SIZES},
        time_a_persona={
            str(size): round(found[str(size)]["s"] / smallest["s"] * SIZES[0] / size, 3) for size in SIZES
        },
    )  # fmt: skip


@pytest.mark.parametrize("bodies", [1, 3], ids=["one base model", "three base models"])
def test_time_from_evidence_to_the_ledger(report, pytestconfig, tmp_path, bodies):
    """All claims on registered evidence of 192 personas in five seeds, with their figures, in a process of its own."""
    root = pytestconfig.rootpath
    names = read_registration(root / "fixtures" / "adjudication").analysis.base_models[:bodies]
    files = [root / "reports/reference/adjudication/study" / f"{name}.study.json" for name in names]
    command = [
        sys.executable, "-m", "pytest", "-m", "fast", "tests/claims", "-q", "--claims-report-only",
        "-k", "adjudication or next_questions", "-o", f"claims_ledger={tmp_path}",
        *(f"--evidence={file}" for file in files),
    ]  # fmt: skip
    started = time.perf_counter()
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    took = time.perf_counter() - started
    assert (tmp_path / "ledger.json").exists(), done.stdout[-2000:] + done.stderr[-500:]
    report(f"registered-study-ledger-{bodies}", base_models=bodies, personas=192, seeds=5, s=round(took, 1))
