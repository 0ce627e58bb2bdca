"""Executor of stages on a Ray cluster: the driver keeps the store, keys and locks, workers compute."""

from __future__ import annotations

import contextlib
import secrets
import threading
from collections import deque
from collections.abc import Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, TypeVar

from manylora.models.base_model import BaseModel
from manylora.progress import Progress, silent
from marker_coupling.cluster import base_files
from marker_coupling.cluster.address import parse_address
from marker_coupling.cluster.display import ClusterDisplay
from marker_coupling.cluster.errors import ClusterError
from marker_coupling.cluster.pool import Stopped, WorkerPool
from marker_coupling.cluster.ray_session import connect
from marker_coupling.cluster.resources import worker_needs
from marker_coupling.cluster.stage_setup import BaseIdentity, StageSetup
from marker_coupling.cluster.task import ClusterTask, Inputs
from marker_coupling.pipeline.plan.lazy_model import LazyModel
from marker_coupling.pipeline.plan.stage import Job, Stage, ensure
from marker_coupling.store.artifacts import ArtifactStore

Task = TypeVar("Task")
#: Threads of a driver, each of which waits for one worker.
_MOST_THREADS = 1024


def check_device(device: str) -> None:
    """Check that a device can be had of a cluster, which gives each worker its GPU.

    Raises
    ------
    ClusterError
        It has a number.
    """
    if device not in ("cpu", "cuda"):
        raise ClusterError(
            f"--device={device:.40}: expected cpu or cuda with --ray, as a cluster gives each worker its GPU"
        )


class RayExecutor:
    """Computes stages on the workers of a Ray cluster.

    One thread for each worker runs a job as it would run here: it looks results up, takes the store's locks,
    and writes what comes back through the store. Only the computation itself is elsewhere.

    Parameters
    ----------
    address : ``auto``, ``local``, ``ray://HOST:PORT`` or ``HOST:PORT``
    progress : callback of one display for all workers
    share_stores : let workers that have the driver's store, on a disk that they share, write there

    Raises
    ------
    ClusterError
        Ray is not installed, or there is no such cluster.
    """

    def __init__(self, address: str, progress: Progress = silent, *, share_stores: bool = True) -> None:
        self._ray = connect(parse_address(address))
        self._display = ClusterDisplay(progress)
        self._share_stores = share_stores
        self._lock = threading.Lock()
        self._pool: WorkerPool | None = None
        self._identities: dict[BaseModel, BaseIdentity] = {}
        self._tokens: dict[Path, str] = {}
        self._failed: dict[tuple[str, ...], ClusterError] = {}
        self._inputs = Inputs(self._ray)
        self._last = threading.local()

    def __enter__(self) -> RayExecutor:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop the workers, and leave the cluster."""
        with self._lock:
            pool, self._pool = self._pool, None
        if pool is not None:
            pool.close()
        for root, token in self._tokens.items():
            with contextlib.suppress(OSError):
                (root / token).unlink()
        self._tokens.clear()
        self._ray.shutdown()

    def computing(self, model: LazyModel, store: ArtifactStore) -> AbstractContextManager[None]:
        """See :meth:`Executor.computing`: no GPU of this machine is used."""
        return contextlib.nullcontext()

    def compute(self, store: ArtifactStore, stage: Stage[Task, object], folders: Mapping[Task, Path]) -> None:
        """See :meth:`Executor.compute`: on a worker, and on another one if it dies or the task fails.

        Raises
        ------
        ClusterError
            The task failed twice, or lost its worker thrice; what it was, where and why.
        """
        tasks = list(folders)
        keys = tuple(stage.key(task) for task in tasks)
        if (failed := self._failed.get((stage.kind, *keys))) is not None:
            raise failed
        members = self._ensure_inputs(store, stage, tasks)
        setup = StageSetup.of(stage, self._identify)
        pool = self._start(setup)
        task = ClusterTask(
            setup, stage.kind, tasks, keys, [*folders.values()], members, store.root, self._token(store)
        )  # fmt: skip
        try:
            self._last.worker = task.run(pool, self._inputs, getattr(self._last, "worker", None))
        except ClusterError as error:
            self._failed[(stage.kind, *keys)] = error
            raise

    def run(self, jobs: Sequence[Job], spare: Sequence[Job] = ()) -> list[bool]:
        """See :meth:`Executor.run`: as many at once as there are workers, spare jobs along with the others.

        Raises
        ------
        ClusterError
            Jobs failed: the reasons, after all others were done. Of spare jobs nothing is raised.
        """
        if not jobs:
            return []
        waiting = deque(enumerate([*jobs, *spare]))
        running: dict[Future[bool], int] = {}
        results: dict[int, bool] = {}
        problems: list[Exception] = []
        self._display.begin(len(waiting))
        with ThreadPoolExecutor(_MOST_THREADS, thread_name_prefix="cluster job") as threads:
            try:
                while waiting or running:
                    while waiting and len(running) < self._slots:
                        index, job = waiting.popleft()
                        running[threads.submit(job)] = index
                    for future in wait(running, timeout=1.0, return_when=FIRST_COMPLETED).done:
                        index = running.pop(future)
                        problem = future.exception()
                        if problem is None:
                            results[index] = future.result()
                        elif not isinstance(problem, Exception):
                            raise problem
                        elif index < len(jobs):
                            problems.append(problem)
                        self._display.count(self._workers)
            except BaseException:
                if self._pool is not None:
                    self._pool.close()
                raise
            finally:
                self._display.begin(0)
        if problems:
            raise _together(problems, len(jobs))
        return [results[index] for index in range(len(jobs))]

    @property
    def _slots(self) -> int:
        # The first job starts the workers, whose number it knows.
        return self._pool.slots if self._pool is not None else 1

    @property
    def _workers(self) -> int:
        return len(self._pool.workers) if self._pool is not None else 0

    def _ensure_inputs(
        self, store: ArtifactStore, stage: Stage[Any, Any], tasks: Sequence[Any]
    ) -> dict[tuple[str, str], Path]:
        """Make what a stage reads be in the store, and return its folders by kind and key."""
        members: dict[tuple[str, str], Path] = {}
        for source, needed in stage.inputs(tasks):
            folders = ensure(store, source, needed, executor=self) or ()
            for task, folder in zip(needed, folders, strict=True):
                members[source.kind, source.key(task)] = folder
        return members

    def _start(self, setup: StageSetup) -> WorkerPool:
        with self._lock:
            if self._pool is None:
                needs = worker_needs(Path(setup.base.directory), setup.precision, setup.device)
                self._pool = WorkerPool(self._ray, needs, setup.device, self._show)
            return self._pool

    def _identify(self, base: BaseModel) -> BaseIdentity:
        with self._lock:
            if base not in self._identities:
                self._identities[base] = base_files.identify(base)
            return self._identities[base]

    def _token(self, store: ArtifactStore) -> str:
        """Return the name of a file in the store, made now, by which workers know it; empty for none."""
        if not self._share_stores:
            return ""
        with self._lock:
            if store.root not in self._tokens:
                token = f"cluster-{secrets.token_hex(16)}.token"
                (store.root / token).write_text(token, encoding="utf-8")
                self._tokens[store.root] = token
            return self._tokens[store.root]

    def _show(self) -> None:
        pool = self._pool
        if pool is not None:
            workers = pool.workers
            self._display.show([worker.report for worker in workers], len(workers))


def _together(problems: Sequence[Exception], jobs: int) -> Exception:
    """Return one error of all that jobs raised; an unexpected one as it is."""
    unexpected = [problem for problem in problems if not isinstance(problem, (ValueError, OSError, Stopped))]
    texts = list(dict.fromkeys(str(problem) for problem in problems))
    if unexpected or len(texts) == 1:
        return (unexpected or problems)[0]
    shown, more = texts[:5], len(texts) - 5
    tail = f"; and {more} more" if more > 0 else ""
    return ClusterError(f"{len(problems)} of {jobs} failed, all others are kept: {'; '.join(shown)}{tail}")
