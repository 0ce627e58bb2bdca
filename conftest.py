"""Options of this project, and which tier each test belongs to."""

from __future__ import annotations

import argparse
import gc
import importlib.util
import itertools
import math
import os
import re
from collections.abc import Callable

import pytest

OTHER_TIERS = ("gpu", "benchmark")
# Read when PyTorch is imported. Threads that spin while they wait take minutes for seconds' work where other
# processes share the cores.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

NO_GPU = (
    "-m gpu: expected a GPU that PyTorch can use, found none. To run on the CPU anyway, add --device cpu; "
    "with --base-model toy that takes minutes"
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add what the claims are judged on."""
    group = parser.getgroup("marker coupling", "marker coupling: what the claims are judged on")
    group.addoption(
        "--evidence",
        action="append",
        default=[],
        metavar="FILE",
        help="judge the claims on your own table as well: CSV, JSON or Parquet; may be given more than once",
    )
    group.addoption(
        "--base-model",
        metavar="NAME",
        help="measure this model, and with -m gpu train adapters on it: toy, smollm2-135m, a directory, a "
        ".gguf file, a hub id OWNER/NAME, or 'none' (default: smollm2-135m where PyTorch is installed; with "
        "-m gpu the original study's, Qwen/Qwen2.5-7B-Instruct)",
    )
    group.addoption(
        "--study",
        metavar="FILE",
        help="personas, wordings and questions, and what adapters are taught (default: fixtures/study.toml; "
        "fixtures/toy/study.toml for the toy model)",
    )
    group.addoption(
        "--recipe",
        metavar="FILE",
        help="how adapters are trained (default: fixtures/recipes/original.toml; toy.toml for the toy model)",
    )
    group.addoption(
        "--seeds",
        type=_seeds,
        metavar="N,N",
        help="one experiment for each of these seeds (default: the study's)",
    )
    group.addoption(
        "--learning-rate",
        type=_positive(float),
        metavar="X",
        help="train with this learning rate instead of calibrating it; epochs: the recipe's or --epochs",
    )
    group.addoption(
        "--epochs",
        type=_positive(int),
        metavar="N",
        help="train for so many epochs instead of calibrating; the learning rate is then the recipe's or "
        "--learning-rate",
    )
    group.addoption(
        "--precision",
        choices=("auto", "float32", "bfloat16"),
        default="auto",
        help="what the model computes in; auto is float32 on a CPU and bfloat16 on a GPU",
    )
    group.addoption(
        "--device",
        help="where the model computes: cpu, cuda, cuda:1 ... (default: cpu; with -m gpu the GPU)",
    )
    group.addoption(
        "--kills",
        type=_positive(int),
        default=20,
        metavar="N",
        help="how often the test of resuming kills an experiment (default: %(default)s)",
    )
    group.addoption(
        "--artifacts",
        metavar="DIR",
        help="where converted models and measurements are kept (default: $MARKER_COUPLING_CACHE, "
        "else ~/.cache/marker-coupling)",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Find out whether adapters are to be trained; if so, stop where that cannot be done."""
    words = re.findall(r"\w+", config.option.markexpr)
    config.option.trains_adapters = any(
        word == "gpu" and before != "not" for before, word in itertools.pairwise(["", *words])
    )
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


def _seeds(text: str) -> tuple[int, ...]:
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isdecimal() for part in parts) or len(set(parts)) < len(parts):
        raise argparse.ArgumentTypeError(f"expected different whole numbers such as 42,137, got {text!r:.40}")
    return tuple(map(int, parts))


def _positive(number: type) -> Callable[[str], float]:
    def parse(text: str) -> float:
        try:
            value = number(text)
        except ValueError:
            value = -1
        if not 0 < value < math.inf:
            kind = "a whole number from 1" if number is int else "a number above 0"
            raise argparse.ArgumentTypeError(f"expected {kind}, got {text!r:.40}")
        return value

    return parse


def pytest_unconfigure() -> None:
    """Spare Python a last look for garbage, which takes seconds where transformers has been imported."""
    gc.freeze()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put every test that names no other tier into the fast one."""
    for item in items:
        if not any(item.get_closest_marker(tier) for tier in OTHER_TIERS):
            item.add_marker(pytest.mark.fast)
