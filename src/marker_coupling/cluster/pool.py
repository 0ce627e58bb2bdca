"""Workers on a cluster: started, lent to one task at a time, replaced when they die."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from marker_coupling.cluster.environment import difference, versions
from marker_coupling.cluster.errors import ClusterError
from marker_coupling.cluster.ray_session import Node, nodes
from marker_coupling.cluster.resources import WorkerNeeds, count_workers, threads_by_node
from marker_coupling.cluster.wire_values import plain

#: Seconds between two looks at starting workers, at progress, and at the cluster's nodes.
_TURN_S, _PROGRESS_S, _NODES_S = 0.1, 1.0, 5.0
#: Seconds in which the first of a cluster's workers has to be there.
START_S = 600.0
#: Seconds that idle workers have to clean up when the pool is closed.
_LEAVE_S = 2.0
#: Workers that may die while they start before the cluster is given up.
_MOST_FAILED_STARTS = 4


class WorkerLost(Exception):  # noqa: N818 - an event that is handled
    """A worker died, or its node did."""


class Stopped(Exception):  # noqa: N818 - an event that is handled
    """The pool is closed while a task waits."""


@dataclass(eq=False)
class Worker:
    """A worker that has answered.

    Parameters
    ----------
    actor : of Ray
    node, device : address of its node, kind of its device
    setups : digests of those that it knows
    stores : whether it has a driver's store, by the folder
    report : what it computes: task, done, total
    """

    actor: Any
    node: str
    device: str
    setups: set[str] = field(default_factory=set)
    stores: dict[str, bool] = field(default_factory=dict)
    report: tuple[str, int, int] = ("", 0, 0)
    asked: Any = None


class WorkerPool:
    """All workers of a driver. A thread of its own looks after them.

    Parameters
    ----------
    ray : the module, connected
    needs : of each worker
    device : ``cpu`` or ``cuda``
    on_progress : called about once a second
    """

    def __init__(self, ray: Any, needs: WorkerNeeds, device: str, on_progress: Callable[[], None]) -> None:
        self._ray, self._needs, self._device, self._on_progress = ray, needs, device, on_progress
        self._versions = versions()
        self._changed = threading.Condition()
        self._starting: dict[Any, Any] = {}
        self._idle: list[Worker] = []
        self._busy: list[Worker] = []
        self._failed_starts, self._began = 0, time.monotonic()
        self._problem: Exception | None = None
        self._closed = False
        #: Held while a base model is sent.
        self.sending = threading.Lock()
        living = nodes(ray)
        self.slots = count_workers(living, needs)
        self._top_up(living)
        self._keeper = threading.Thread(target=self._keep, daemon=True, name="cluster workers")
        self._keeper.start()

    @property
    def workers(self) -> list[Worker]:
        """The workers that have answered."""
        with self._changed:
            return [*self._idle, *self._busy]

    def lend(self, preferred: Worker | None = None, avoided: Worker | None = None) -> Worker:
        """Return a worker for one task, as soon as one is idle.

        Parameters
        ----------
        preferred : the one that holds what the task reads
        avoided : the one where the task failed; taken only if there is no other

        Raises
        ------
        ClusterError
            No worker can be started, or one is not as the driver.
        Stopped
            The pool was closed.
        """
        with self._changed:
            while True:
                if self._problem is not None:
                    raise self._problem
                if self._closed:
                    raise Stopped
                others = [worker for worker in self._idle if worker is not avoided]
                if preferred in others:
                    others = [preferred] if preferred else []
                is_alone = not self._starting and not any(each is not avoided for each in self._busy)
                if not others and is_alone:
                    others = self._idle
                if others:
                    worker = others[0]
                    self._idle.remove(worker)
                    self._busy.append(worker)
                    return worker
                self._changed.wait(1.0)

    def give_back(self, worker: Worker) -> None:
        """Take a worker back after its task."""
        with self._changed:
            self._busy.remove(worker)
            self._idle.append(worker)
            worker.report = ("", 0, 0)
            self._changed.notify_all()

    def lose(self, worker: Worker) -> None:
        """Forget a worker that died; another is started."""
        with self._changed:
            self._busy.remove(worker)
            self._began = time.monotonic()
            self._changed.notify_all()
        self._kill(worker.actor)

    def call(self, worker: Worker, method: str, *arguments: Any) -> Any:
        """Call a worker's method, and return its result.

        Parameters
        ----------
        arguments : plain values, or references to such

        Raises
        ------
        WorkerLost
            The worker or its node died.
        Stopped
            The pool was closed.
        """
        plain(list(arguments), (self._ray.ObjectRef,))
        try:
            reference = getattr(worker.actor, method).remote(*arguments)
            while not self._ray.wait([reference], timeout=1.0)[0]:
                if self._closed:
                    raise Stopped
            return plain(self._ray.get(reference))
        except self._ray.exceptions.RayTaskError as error:
            raise ClusterError(f"worker on {worker.node}: {_line(error)}") from error
        except (self._ray.exceptions.RayError, ConnectionError) as error:
            raise WorkerLost(_line(error)) from error

    def close(self) -> None:
        """Stop all workers."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._keeper.join()
        leaving = [worker.actor.leave.remote() for worker in self._idle]
        with contextlib.suppress(Exception):  # workers that are gone have nothing to leave
            self._ray.wait(leaving, num_returns=len(leaving), timeout=_LEAVE_S)
        for actor in (*self._starting.values(), *(worker.actor for worker in self.workers)):
            self._kill(actor)

    def _keep(self) -> None:
        """Greet workers that start, replace those that died, and ask for progress."""
        looked, asked = time.monotonic(), 0.0
        while not self._closed and self._problem is None:
            try:
                self._greet()
                if time.monotonic() - looked > _NODES_S:
                    looked = time.monotonic()
                    living = nodes(self._ray)
                    self.slots = max(1, sum(self._needs.fit(node) for node in living))
                    self._withdraw_surplus()
                    self._top_up(living)
                if time.monotonic() - asked > _PROGRESS_S:
                    asked = time.monotonic()
                    self._ask_for_progress()
                    self._on_progress()
            except ClusterError as error:
                self._give_up(error)
            except Exception as error:  # such as a cluster that is gone
                self._give_up(ClusterError(f"cluster: expected it to answer, got {_line(error)}"))
            time.sleep(_TURN_S)

    def _give_up(self, error: ClusterError) -> None:
        with self._changed:
            self._problem = error
            self._changed.notify_all()

    def _top_up(self, living: Sequence[Node]) -> None:
        from marker_coupling.cluster.cluster_worker import ClusterWorker

        threads = dict(threads_by_node(living, self._needs))
        made = self._ray.remote(concurrency_groups={"watch": 1})(ClusterWorker)
        for _ in range(self.slots - len(self._starting) - len(self.workers)):
            # Not restarted by Ray: what it knew would be lost without anybody's noticing.
            options = {"num_cpus": self._needs.cpus, "num_gpus": self._needs.gpus, "max_restarts": 0}
            actor = made.options(**options, memory=self._needs.memory_bytes).remote(self._device)
            self._starting[actor.hello.remote(threads)] = actor

    def _withdraw_surplus(self) -> None:
        """Withdraw starting workers for whom there is no room since a node died; the latest asked for first.

        Ray would start them on the next node that joins, which may be another driver's.
        """
        surplus = min(len(self._starting), len(self._starting) + len(self.workers) - self.slots)
        for _ in range(surplus):
            _, actor = self._starting.popitem()
            self._kill(actor)

    def _greet(self) -> None:
        references = list(self._starting)
        answered = self._ray.wait(references, num_returns=len(references), timeout=0)[0] if references else []
        for reference in answered:
            actor = self._starting.pop(reference)
            try:
                facts = self._ray.get(reference)
            except self._ray.exceptions.RayError as error:
                self._failed_starts += 1
                if self._failed_starts >= _MOST_FAILED_STARTS and not self.workers:
                    raise ClusterError(f"cluster: expected workers to start, got {_line(error)}") from error
                continue
            names = {node.id: node.name for node in nodes(self._ray)}
            where = f"{names.get(facts['node'], 'a node')}, process {facts['pid']}"
            self._admit(Worker(actor, where, facts["device"]), facts["versions"])
        if not self.workers and time.monotonic() - self._began > START_S:
            raise ClusterError(
                f"cluster: expected a free node with {self._needs} within {START_S:.0f} s, all are in use"
            )

    def _admit(self, worker: Worker, theirs: dict[str, str]) -> None:
        if problem := difference(self._versions, theirs):
            raise ClusterError(f"worker on {worker.node}: {problem}; install the same on all nodes")
        for other in self.workers:
            if other.device != worker.device:
                raise ClusterError(
                    f"worker on {worker.node}: expected {other.device}, as on {other.node}, got "
                    f"{worker.device}: results of two kinds of devices differ in their last bits"
                )
        with self._changed:
            self._failed_starts, self._began = 0, time.monotonic()
            self._idle.append(worker)
            self._changed.notify_all()

    def _ask_for_progress(self) -> None:
        with self._changed:
            busy = list(self._busy)
        for worker in busy:
            if worker.asked is not None and self._ray.wait([worker.asked], timeout=0)[0]:
                try:
                    task, done, total = self._ray.get(worker.asked)
                    worker.report = task, done, total
                except self._ray.exceptions.RayError:  # which its task will tell
                    continue
                worker.asked = None
            if worker.asked is None:
                worker.asked = worker.actor.progress.remote()

    def _kill(self, actor: Any) -> None:
        try:
            self._ray.kill(actor)
        except Exception:  # of a cluster that is gone
            return


def _line(error: BaseException) -> str:
    """Return Ray's error in one line: the last of a traceback that it quotes."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    if isinstance(error, Exception) and lines and "Traceback" in str(error):
        return f"{lines[-1]:.300}"
    return f"{' '.join(lines) or type(error).__name__:.300}"
