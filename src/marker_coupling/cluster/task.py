"""One task on a cluster: sent to a worker, tried again elsewhere, and its results written."""

from __future__ import annotations

import secrets
import shutil
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from manylora.errors import NotEnoughMemoryError
from marker_coupling.cluster import base_files
from marker_coupling.cluster.errors import ClusterError
from marker_coupling.cluster.files import digest_of, is_within, read_files, write_files
from marker_coupling.cluster.pool import Worker, WorkerLost, WorkerPool
from marker_coupling.cluster.requests import Member, Reply, Request, SharedStore
from marker_coupling.cluster.stage_setup import StageSetup, describe, digest_of_text
from marker_coupling.cluster.wire_values import plain, to_text

#: Workers that a task may lose, and times that it may fail.
MOST_LOST, MOST_FAILED = 2, 1
#: Seconds until files that a worker wrote in place have to be visible here.
VISIBLE_S = 60.0
#: Inputs that are held in Ray's object store for other workers.
_MOST_HELD = 64


class Inputs:
    """Results that tasks read, put into Ray's object store once.

    Parameters
    ----------
    ray : the module, connected
    """

    def __init__(self, ray: Any) -> None:
        self._ray = ray
        self._lock = threading.Lock()
        self._held: dict[Member, Any] = {}

    def reference(self, member: Member, folder: Path) -> Any:
        """Return Ray's reference to a result's files."""
        with self._lock:
            if member in self._held:
                return self._held[member]
        files = read_files(folder)
        reference = self._ray.put(plain({"files": files, "digest": digest_of(files)}))
        with self._lock:
            while len(self._held) >= _MOST_HELD:
                self._held.pop(next(iter(self._held)))
            return self._held.setdefault(member, reference)

    def put(self, data: bytes) -> Any:
        """Return Ray's reference to bytes."""
        return self._ray.put(plain(data))


@dataclass(frozen=True, eq=False)
class ClusterTask:
    """Results of a stage that are computed together on a worker.

    Parameters
    ----------
    setup, kind, tasks, keys : of the stage
    folders : empty ones, for the results
    inputs : folders that the stage reads, by kind and key
    root, token : of the driver's store; no token where it is not shared
    """

    setup: StageSetup
    kind: str
    tasks: Sequence[Any]
    keys: tuple[str, ...]
    folders: Sequence[Path]
    inputs: Mapping[Member, Path]
    root: Path
    token: str

    def run(self, pool: WorkerPool, inputs: Inputs, preferred: Worker | None) -> Worker:
        """Fill the folders, and return the worker that computed the results.

        Raises
        ------
        ClusterError, NotEnoughMemoryError
            The task failed twice, or lost its worker thrice.
        """
        lost, failures, worker = 0, list[str](), preferred
        while True:
            avoided = worker if failures else None
            worker = pool.lend(worker, avoided)
            for folder in self.folders:
                _empty(folder)
            try:
                reply = self._ask(pool, worker, inputs)
            except ClusterError as error:  # such as a disk of the worker's that is full
                reply = {"error": str(error), "kind": type(error).__name__}
            except WorkerLost as loss:
                pool.lose(worker)
                lost += 1
                if lost > MOST_LOST:
                    raise ClusterError(
                        f"{self}: lost its worker {lost} times, the last on {worker.node}: {loss}"
                    ) from loss
                worker = None
                continue
            except BaseException:
                pool.give_back(worker)
                raise
            pool.give_back(worker)
            if "error" not in reply:
                return worker
            failures.append(f"on {worker.node}: {reply['error']}")
            if len(failures) > MOST_FAILED:
                kind = NotEnoughMemoryError if reply["kind"] == "NotEnoughMemoryError" else ClusterError
                raise kind(f"{self}: failed twice, {'; '.join(dict.fromkeys(failures))}")

    def __str__(self) -> str:
        return describe(self.kind, list(self.tasks))

    @cached_property
    def _setup_text(self) -> str:
        return to_text(self.setup)

    def _ask(self, pool: WorkerPool, worker: Worker, inputs: Inputs) -> Reply:
        """Have a worker compute the task, and write what comes back."""
        digest = digest_of_text(self._setup_text)
        if digest not in worker.setups:
            self._prepare(pool, worker, inputs)
            worker.setups.add(digest)
        if self._is_shared(pool, worker):
            return self._compute_in_place(pool, worker, digest)
        members = list(self.inputs)
        missing = set(pool.call(worker, "missing", [list(member) for member in members]))
        sent = [
            inputs.reference(member, self.inputs[member]) if index in missing else {}
            for index, member in enumerate(members)
        ]
        request = self._request(digest, None, (), tuple(members))
        reply: Reply = pool.call(worker, "compute", to_text(request), *sent)
        if "error" not in reply:
            for folder, files, total in zip(self.folders, reply["files"], reply["digests"], strict=True):
                write_files(folder, files, total)
        return reply

    def _prepare(self, pool: WorkerPool, worker: Worker, inputs: Inputs) -> None:
        """Tell a worker the setup; send the base model if it is nowhere on its machine."""
        if pool.call(worker, "prepare", self._setup_text):
            return
        # Of several workers of a node one is sent it, and the others find it.
        with pool.sending:
            if pool.call(worker, "prepare", self._setup_text):
                return
            for name, offset, data in base_files.chunks(Path(self.setup.base.directory)):
                pool.call(worker, "receive", name, offset, inputs.put(data))
            pool.call(worker, "keep", self._setup_text)
            pool.call(worker, "prepare", self._setup_text)

    def _is_shared(self, pool: WorkerPool, worker: Worker) -> bool:
        if not self.token:
            return False
        if self.token not in worker.stores:
            root = str(self.root.resolve())
            worker.stores[self.token] = pool.call(worker, "shares", root, self.token)
        return worker.stores[self.token]

    def _compute_in_place(self, pool: WorkerPool, worker: Worker, digest: str) -> Reply:
        """Have a worker write into the driver's store: beside the results first, as it may die midway."""
        attempt = f".attempt-{secrets.token_hex(8)}"
        attempts = [folder.resolve() / attempt for folder in self.folders]
        store = SharedStore(str(self.root.resolve()), self.token)
        request = self._request(digest, store, tuple(map(str, attempts)), ())
        try:
            reply: Reply = pool.call(worker, "compute", to_text(request))
            if "error" not in reply:
                for folder, sizes in zip(attempts, reply["written"], strict=True):
                    _take(folder, sizes)
            return reply
        finally:
            for folder in attempts:
                shutil.rmtree(folder, ignore_errors=True)

    def _request(
        self, setup: str, store: SharedStore | None, folders: tuple[str, ...], inputs: tuple[Member, ...]
    ) -> Request:
        return Request(setup, self.kind, to_text(self.tasks), self.keys, store, folders, inputs)


def _empty(folder: Path) -> None:
    """Remove what an earlier attempt wrote."""
    for path in folder.iterdir():
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink()


def _take(attempt: Path, sizes: Mapping[str, int]) -> None:
    """Move files that a worker wrote into the folder above, once all are visible.

    A network's disk may show them late.

    Raises
    ------
    ClusterError
        They do not become visible.
    """
    deadline = time.monotonic() + VISIBLE_S
    while not all(is_within(name) and _has_size(attempt / name, size) for name, size in sizes.items()):
        if time.monotonic() > deadline:
            raise ClusterError(
                f"{attempt.parent}: expected the files of a worker there within {VISIBLE_S:.0f} s"
            )
        time.sleep(0.2)
    for name in sizes:
        path = attempt.parent / name
        path.parent.mkdir(parents=True, exist_ok=True)
        (attempt / name).replace(path)


def _has_size(path: Path, size: int) -> bool:
    try:
        return path.stat().st_size == size
    except OSError:
        return False
