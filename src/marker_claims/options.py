"""Options of this project: what the claims are judged on, and how that is made."""

from __future__ import annotations

import pytest

from guarded_files.schema_values import Whole
from marker_claims import option_values
from marker_coupling.study.recipe import EPOCHS, LEARNING_RATE


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
        "--registration",
        type=option_values.path,
        metavar="DIR",
        help="folder with the registration.toml of the .study.json files of --evidence (default: "
        "fixtures/adjudication)",
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
        "--ray",
        type=option_values.ray_address,
        metavar="ADDRESS",
        help="compute on a Ray cluster, one worker for each GPU or, on CPUs, each CPU: auto, local, "
        "ray://HOST:PORT or HOST:PORT",
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
