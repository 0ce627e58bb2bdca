"""A whole study from nothing but weights to its ledger, in a process of its own as a user starts it."""

from __future__ import annotations

import dataclasses
import gc
import shutil
import subprocess
import sys
import time
from math import ceil

import pytest
import torch

from manylora.sampling.sampling import Sampling
from marker_coupling.pipeline.plan.base_models import find_base_model
from marker_coupling.store.artifacts import ArtifactStore, default_root
from marker_coupling.study.adapter_groups import adapter_groups
from marker_coupling.study.study import read_study

from .plain_peft import plain_sampling, plain_training
from .random_models import QWEN, write_qwen_shape
from .study_examples import evaluation_requests, training_tasks
from .timed import MemoryWatch, timed

pytestmark = pytest.mark.benchmark

#: Learning rate and epochs, which are given lest calibrating is timed as well. A random model has nothing to
#: learn from its own words; with a rate that changes little it goes on to end its answers.
SETTINGS = {"toy": ("2e-3", "8"), "smollm2-135m": ("1e-3", "3"), QWEN: ("1e-9", "3")}
#: Steps of the baseline that are timed, and answers that it samples at once without and with a GPU.
PLAIN_STEPS, PLAIN_ROWS = 30, (100, 1100)


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


def study_on(name, folder, device):
    """Put a base model under a folder and return the command of its study, but for where its results go."""
    # A random model gets a tokenizer that is there.
    base = find_base_model("smollm2-135m" if name == QWEN else name, ArtifactStore(default_root()))
    model = name
    if name == QWEN:
        model = folder / QWEN
        write_qwen_shape(model, base.directory, device)
        gc.collect()
        torch.cuda.empty_cache()
    rate, epochs = SETTINGS[name]
    return [
        sys.executable, "-m", "pytest", "-m", "gpu", "tests/claims", "--base-model", str(model),
        "--learning-rate", rate, "--epochs", epochs, "-p", "no:cacheprovider",
    ]  # fmt: skip


def into(folder):
    """Return the options that keep results under a folder, into which base models that are kept are copied."""
    kept = default_root() / "base-model"
    if kept.is_dir():
        shutil.copytree(kept, folder / "artifacts" / "base-model", dirs_exist_ok=True)
    return ["--artifacts", str(folder / "artifacts"), "--ledger", str(folder / "ledger")]


def plain_projection_s(loaded, study, recipe, epochs, device):
    """Return what training and sampling a seed's adapters would take with peft and ``generate``, one by one.

    Some steps of one adapter and all its answers are timed.
    """
    design, optimization = study.experiment, dataclasses.replace(recipe.optimization, epochs=int(epochs))
    tasks = training_tasks(loaded, study, recipe, 1, len(design.training_questions))
    steps = optimization.epochs * ceil(len(tasks[0].examples) / optimization.batch)
    timed_steps = min(steps, PLAIN_STEPS)
    trained = timed(
        lambda: plain_training(loaded, recipe.adapter, optimization, tasks, timed_steps), device
    ).duration_s
    requests = evaluation_requests(loaded, study, 1, len(study.personas), len(study.questions))
    sampling = Sampling(design.temperature, design.top_p, design.longest_answer)
    rows = PLAIN_ROWS[device.startswith("cuda")]
    sampled = timed(
        lambda: plain_sampling(loaded, recipe.adapter, requests, sampling, rows), device
    ).duration_s
    adapters = sum(map(len, adapter_groups(study, recipe, study.seed)))
    return adapters * (trained * steps / timed_steps + sampled)


@pytest.mark.parametrize("name", SETTINGS)
def test_study(name, device, model, study_of, recipe_of, report, reports, pytestconfig, folder):
    if not (device.startswith("cuda") or name == "toy"):
        pytest.skip(f"{name} needs a GPU: --device cuda")
    command = [*study_on(name, folder, device), "--device", device, *into(folder)]
    with MemoryWatch(device) as memory:
        first = seconds_of(command, reports / f"study-{name}-first.log", pytestconfig.rootpath)
    again = seconds_of(command, reports / f"study-{name}-again.log", pytestconfig.rootpath)
    assert (folder / "ledger" / "ledger.html").is_file()
    assert any((folder / "artifacts" / "evidence").iterdir())
    (rate, epochs), plain = SETTINGS[name], {}
    if name != QWEN:
        plain_s = plain_projection_s(model(name), study_of(name), recipe_of(name), epochs, device)
        plain = {
            "plain_training_and_sampling_projected_s": round(plain_s, 1),
            "ratio": round(plain_s / first, 1),
        }
    report(
        f"study-{name}",
        learning_rate=rate,
        epochs=epochs,
        from_weights_to_ledger_s=round(first, 1),
        from_the_store_s=round(again, 1),
        peak_mib=memory.peak_mib,
        **plain,
    )


@pytest.mark.skipif(torch.cuda.device_count() < 2, reason="no second GPU")
@pytest.mark.parametrize("name", ["smollm2-135m", QWEN])
def test_study_on_several_gpus(name, report, reports, pytestconfig, folder):
    """Two seeds for each GPU, or where those would take long one seed whose adapters are shared among GPUs."""
    gpus = torch.cuda.device_count()
    seeds, sources = (1, ceil(10 / gpus)) if name == QWEN else (2 * gpus, 10)
    study = folder / "study.toml"
    shared = (pytestconfig.rootpath / "fixtures" / "study.toml").read_text()
    study.write_text(shared.replace("sources_per_cell = 10", f"sources_per_cell = {sources}"))
    assert read_study(study).experiment.sources_per_cell == sources
    options = ["--study", str(study), "--seeds", ",".join(str(42 + k) for k in range(seeds))]
    command = [*study_on(name, folder, "cuda"), *options]
    seconds, found = [], []
    # Kernels that must be compiled are compiled by the first, which is not the baseline.
    for which, where in (("several", ["-n", str(gpus)]), ("one", ["--device", "cuda"])):
        log = reports / f"study-{name}-on-{which}.log"
        seconds.append(seconds_of([*command, *where, *into(folder / which)], log, pytestconfig.rootpath))
        results = (folder / which / "artifacts" / "evidence").glob("*/evidence.json")
        found.append({path.parent.name: path.read_bytes() for path in results})
    assert len(found[0]) == seeds
    assert found[0] == found[1]
    on_several, on_one = seconds
    report(
        f"study-{name}-on-several-gpus",
        gpus=gpus,
        seeds=seeds,
        sources_per_cell=sources,
        on_several_gpus_s=round(on_several, 1),
        on_one_gpu_s=round(on_one, 1),
        ratio=round(on_one / on_several, 2),
    )
