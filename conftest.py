"""Options of this project, and which tier each test belongs to."""

from __future__ import annotations

import pytest

OTHER_TIERS = ("gpu", "benchmark")


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
        help="measure this model: smollm2-135m (the default where PyTorch is installed), a directory, "
        "a .gguf file, a hub id OWNER/NAME, or 'none'",
    )
    group.addoption(
        "--study",
        default="fixtures/study.toml",
        metavar="FILE",
        help="personas, wordings and questions that the model is measured with (default: %(default)s)",
    )
    group.addoption(
        "--precision",
        choices=("auto", "float32", "bfloat16"),
        default="auto",
        help="what the model computes in; auto is float32 on a CPU and bfloat16 on a GPU",
    )
    group.addoption("--device", default="cpu", help="where the model computes (default: %(default)s)")
    group.addoption(
        "--artifacts",
        metavar="DIR",
        help="where converted models and measurements are kept (default: $MARKER_COUPLING_CACHE, "
        "else ~/.cache/marker-coupling)",
    )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put every test that names no other tier into the fast one."""
    for item in items:
        if not any(item.get_closest_marker(tier) for tier in OTHER_TIERS):
            item.add_marker(pytest.mark.fast)
