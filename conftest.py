"""Options of this project, and which tier each test belongs to."""

from __future__ import annotations

import gc
import importlib.util
import os

import pytest

from guarded_files.schema_values import Whole
from marker_claims import option_values, tiers
from marker_claims.idle_options import idle_after_collection, idle_options
from marker_coupling.study.recipe import EPOCHS, LEARNING_RATE
from pytest_claims.running import notices

# Read when PyTorch is imported. Threads that spin while they wait take minutes for seconds' work where other
# processes share the cores.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

NO_GPU = (
    "-m gpu: expected a GPU that PyTorch can use, found none. To run on the CPU anyway, add --device=cpu; "
    "with --base-model=toy that takes minutes"
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add what the claims are judged on."""
    group = parser.getgroup("marker coupling", "marker coupling: what the claims are judged on")
    group.addoption(
        "--evidence",
        action="append",
        default=[],
        type=option_values.path,
        metavar="FILE",
        help="judge the claims on your own table as well: CSV, JSON or Parquet; may be given more than once",
    )
    group.addoption(
        "--base-model",
        type=option_values.path,
        metavar="NAME",
        help="measure this model, and with -m gpu train adapters on it: toy, smollm2-135m, a directory, a "
        ".gguf file, a hub id OWNER/NAME, or 'none' (default: smollm2-135m where PyTorch is installed; with "
        "-m gpu the original study's, Qwen/Qwen2.5-7B-Instruct)",
    )
    group.addoption(
        "--study",
        type=option_values.path,
        metavar="FILE",
        help="personas, wordings and questions, and what adapters are taught (default: fixtures/study.toml; "
        "fixtures/toy/study.toml for the toy model)",
    )
    group.addoption(
        "--recipe",
        type=option_values.path,
        metavar="FILE",
        help="how adapters are trained (default: fixtures/recipes/original.toml; toy.toml for the toy model)",
    )
    group.addoption(
        "--seeds",
        type=option_values.seeds,
        metavar="N,N",
        help="one experiment for each of these seeds (default: the study's)",
    )
    group.addoption(
        "--learning-rate",
        type=option_values.bounded(LEARNING_RATE),
        metavar="X",
        help="train with this learning rate instead of calibrating it; epochs: the recipe's or --epochs",
    )
    group.addoption(
        "--epochs",
        type=option_values.bounded(EPOCHS),
        metavar="N",
        help="train for so many epochs instead of calibrating; the learning rate is then the recipe's or "
        "--learning-rate",
    )
    group.addoption(
        "--precision",
        choices=("auto", "float32", "bfloat16"),
        help="what the model computes in; auto, the default, is float32 on a CPU and bfloat16 on a GPU",
    )
    group.addoption(
        "--device",
        type=option_values.device,
        help="where the model computes: cpu, cuda, cuda:1 ... (default: cpu; with -m gpu the GPU)",
    )
    group.addoption(
        "--kills",
        type=option_values.bounded(Whole(1, 1000)),
        metavar="N",
        help="how often the test of resuming kills an experiment (default: 20)",
    )
    group.addoption(
        "--artifacts",
        type=option_values.path,
        metavar="DIR",
        help="where converted models and measurements are kept (default: $MARKER_COUPLING_CACHE, "
        "else ~/.cache/marker-coupling)",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Find out whether adapters are to be trained; if so, stop where that cannot be done."""
    config.option.trains_adapters = tiers.asks_for(config.option.markexpr, "gpu")
    for option, reason in idle_options(config.option):
        notices.note_idle_option(config, option, reason)
    if "PYTEST_XDIST_WORKER_COUNT" in os.environ:
        # Read when PyTorch is imported: threads of several workers on one core wait for each other.
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        share = cores // int(os.environ["PYTEST_XDIST_WORKER_COUNT"])
        os.environ.setdefault("OMP_NUM_THREADS", str(max(1, share)))
    if not config.option.trains_adapters:
        return
    if config.getoption("device") is not None or importlib.util.find_spec("torch") is None:
        return  # what is missing is said where the base model is looked for
    import torch

    if not torch.cuda.is_available():
        raise pytest.UsageError(NO_GPU)


def pytest_unconfigure() -> None:
    """Spare Python a last look for garbage, which takes seconds where transformers has been imported."""
    gc.freeze()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put every test into its tier; without -m leave out the other tiers' tests that nothing names."""
    for item in items:
        if tiers.tier_of(item) == tiers.FAST:
            item.add_marker(pytest.mark.fast)
    if config.option.markexpr:
        return
    left_out = tiers.unasked(items, config.args, config.invocation_params.dir)
    if left_out:
        items[:] = [item for item in items if item not in set(left_out)]
        config.hook.pytest_deselected(items=left_out)
        notices.note(config, tiers.told(left_out))


def pytest_collection_finish(session: pytest.Session) -> None:
    """Say which options nothing of what was collected has a use for."""
    claims = any("evidence" in getattr(item, "fixturenames", ()) for item in session.items)
    for option, reason in idle_after_collection(session.config.option, session.items, claims):
        notices.note_idle_option(session.config, option, reason)
    notices.show(session.config)
