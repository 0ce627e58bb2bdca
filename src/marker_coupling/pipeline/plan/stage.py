"""Stages of an experiment: the protocol, and the lookup or computation of their results."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from pathlib import Path
from typing import Protocol, TypeVar

from marker_coupling.store.artifact_groups import get_members
from marker_coupling.store.artifacts import ArtifactStore

Task = TypeVar("Task", bound=Hashable)
Result = TypeVar("Result", covariant=True)


class Stage(Protocol[Task, Result]):
    """A cached computation: the store keeps one folder for each task."""

    @property
    def kind(self) -> str:
        """Folder of its results in the store."""

    def key(self, task: Task) -> str:
        """Return the provenance key of a result, made of texts, numbers and other keys.

        No model is run for it.
        """

    def compute(self, folders: Mapping[Task, Path]) -> None:
        """Fill an empty folder for each task."""

    def load(self, folder: Path) -> Result:
        """Read a folder written by :meth:`compute`."""


def ensure(
    store: ArtifactStore, stage: Stage[Task, object], tasks: Sequence[Task], *, wait: bool = True
) -> list[Path] | None:
    """Return the folders of a stage's results; missing ones are computed together now.

    Parameters
    ----------
    wait : wait for another process that is computing them; otherwise return None at once

    Raises
    ------
    StoreError
        They cannot be kept.
    """

    def make(folders: Mapping[int, Path]) -> None:
        stage.compute({tasks[index]: folder for index, folder in folders.items()})

    return get_members(store, stage.kind, [stage.key(task) for task in tasks], make, wait=wait)


def results(store: ArtifactStore, stage: Stage[Task, Result], tasks: Sequence[Task]) -> list[Result]:
    """Return a stage's results; missing ones are computed together now."""
    return [stage.load(folder) for folder in ensure(store, stage, tasks) or ()]


def single_result(store: ArtifactStore, stage: Stage[Task, Result], task: Task) -> Result:
    """Return the result of a stage that computes one task at a time."""
    return stage.load(store.get(stage.kind, stage.key(task), lambda folder: stage.compute({task: folder})))
