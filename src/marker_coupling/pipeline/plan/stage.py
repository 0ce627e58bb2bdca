"""Stages of an experiment: the protocol, and the lookup or computation of their results."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol, TypeVar

from marker_coupling.pipeline.plan.lazy_model import LazyModel
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

    def inputs(self, tasks: Sequence[Task]) -> Sequence[StageInput]:
        """Return the results of other stages that :meth:`compute` reads for these tasks from the store.

        In the order in which it reads them; those that are missing it computes itself.
        """

    def compute(self, folders: Mapping[Task, Path]) -> None:
        """Fill an empty folder for each task."""

    def load(self, folder: Path) -> Result:
        """Read a folder written by :meth:`compute`."""


#: A stage, and those of its tasks whose results are read.
StageInput = tuple[Stage[Any, Any], Sequence[Any]]
#: Makes missing results be in the store; returns False where another process is making them.
Job = Callable[[], bool]


class Executor(Protocol):
    """Executor of stages, in this process or on a cluster."""

    def computing(self, model: LazyModel, store: ArtifactStore) -> AbstractContextManager[None]:
        """Return a context in which stages with a model are computed."""

    def compute(self, store: ArtifactStore, stage: Stage[Task, object], folders: Mapping[Task, Path]) -> None:
        """Fill an empty folder for each task of a stage, as its :meth:`Stage.compute` does."""

    def run(self, jobs: Sequence[Job], spare: Sequence[Job] = ()) -> list[bool]:
        """Run jobs that do not depend on each other.

        Parameters
        ----------
        spare : jobs that are worth running where nothing else is left to do

        Returns
        -------
        list of bool
            Results of the jobs, in their order.
        """


class LocalExecutor:
    """Computes stages in this process, one after another."""

    def computing(self, model: LazyModel, store: ArtifactStore) -> AbstractContextManager[None]:
        """See :meth:`Executor.computing`: alone on its GPU."""
        return model.computing(store)

    def compute(self, store: ArtifactStore, stage: Stage[Task, object], folders: Mapping[Task, Path]) -> None:
        """See :meth:`Executor.compute`."""
        stage.compute(folders)

    def run(self, jobs: Sequence[Job], spare: Sequence[Job] = ()) -> list[bool]:
        """See :meth:`Executor.run`: spare jobs only while another process is at one of the jobs."""
        results = [job() for job in jobs]
        if not all(results):
            for job in spare:
                job()
        return results


LOCAL = LocalExecutor()


def ensure(
    store: ArtifactStore,
    stage: Stage[Task, object],
    tasks: Sequence[Task],
    *,
    wait: bool = True,
    executor: Executor = LOCAL,
) -> list[Path] | None:
    """Return the folders of a stage's results; missing ones are computed together now.

    Parameters
    ----------
    wait : wait for another process that is computing them; otherwise return None at once
    executor : computes them

    Raises
    ------
    StoreError
        They cannot be kept.
    """

    def make(folders: Mapping[int, Path]) -> None:
        executor.compute(store, stage, {tasks[index]: folder for index, folder in folders.items()})

    return get_members(store, stage.kind, [stage.key(task) for task in tasks], make, wait=wait)


def results(
    store: ArtifactStore, stage: Stage[Task, Result], tasks: Sequence[Task], executor: Executor = LOCAL
) -> list[Result]:
    """Return a stage's results; missing ones are computed together now."""
    return [stage.load(folder) for folder in ensure(store, stage, tasks, executor=executor) or ()]


def single_result(
    store: ArtifactStore, stage: Stage[Task, Result], task: Task, executor: Executor = LOCAL
) -> Result:
    """Return the result of a stage that computes one task at a time."""

    def make(folder: Path) -> None:
        executor.compute(store, stage, {task: folder})

    return stage.load(store.get(stage.kind, stage.key(task), make))
