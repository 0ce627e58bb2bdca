"""State of a run in the process that reports on it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest


@dataclass
class Run:
    """Settings of a run, and its reports so far.

    Parameters
    ----------
    folder : of the ledger; ``None`` if none is written
    embed_figures : the page holds its figures, rather than showing the files beside it
    record_to_rewrite : file of the record, if ``--claims-record`` was given
    pytests_report : name of the report that pytest itself writes into the ledger's folder, if it is asked to
    only_failed : only tests that failed the last time are collected
    reports : in the order in which they came
    uncollected : files that could not be collected or skipped themselves, by id, as several workers report
        the same
    """

    config: pytest.Config
    folder: Path | None
    embed_figures: bool = False
    record_to_rewrite: Path | None = None
    pytests_report: str = ""
    only_failed: bool = False
    reports: list[pytest.TestReport] = field(default_factory=list)
    uncollected: dict[str, pytest.CollectReport] = field(default_factory=dict)
    started: float = field(default_factory=time.time)
    clock: float = field(default_factory=time.perf_counter)


def path_text(config: pytest.Config, path: Path) -> str:
    """Return a path as messages name it: relative to pytest's root where it lies below."""
    root = config.rootpath
    return (path.relative_to(root) if path.is_relative_to(root) else path).as_posix()
