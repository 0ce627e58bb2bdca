"""What all benchmarks share: where they compute, and how they report."""

from __future__ import annotations

import json
import platform

import pytest
import torch

from manylora.loading import load
from marker_coupling.pipeline.plan.base_models import find_base_model
from marker_coupling.store.artifacts import ArtifactStore, default_root
from marker_coupling.study.recipe import read_recipe
from marker_coupling.study.study import read_study


@pytest.fixture(scope="session")
def device(pytestconfig):
    return pytestconfig.getoption("device") or "cpu"


@pytest.fixture(scope="session")
def reports(pytestconfig):
    """The folder where benchmarks leave what they found."""
    folder = pytestconfig.rootpath / "reports" / "benchmarks"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def report(reports, device):
    """Print figures, and keep them under reports/benchmarks."""

    def write(name, **figures):
        on_gpu = device.startswith("cuda")
        found = {
            "benchmark": name,
            **figures,
            "device": torch.cuda.get_device_name(device) if on_gpu else device,
            "threads": torch.get_num_threads(),
            "processor": platform.processor() or platform.machine(),
            "torch": torch.__version__,
        }
        (reports / f"{name}.json").write_text(json.dumps(found, indent=1) + "\n")
        print(f"\n{json.dumps(found)}")

    return write


@pytest.fixture(scope="session")
def model(device):
    """Load a base model by its name, once."""
    loaded = {}

    def of(name):
        if name not in loaded:
            loaded.clear()
            loaded[name] = load(find_base_model(name, ArtifactStore(default_root())), "auto", device)
        return loaded[name]

    return of


@pytest.fixture(scope="session")
def study_of(pytestconfig):
    """Read the study that goes with a base model."""

    def of(name):
        folder = "fixtures/toy" if name == "toy" else "fixtures"
        return read_study(pytestconfig.rootpath / folder / "study.toml")

    return of


@pytest.fixture(scope="session")
def recipe_of(pytestconfig):
    """Read the recipe that goes with a base model."""

    def of(name):
        recipe = "toy" if name == "toy" else "original"
        return read_recipe(pytestconfig.rootpath / "fixtures" / "recipes" / f"{recipe}.toml")

    return of
