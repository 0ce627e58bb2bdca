"""Worker of a cluster: holds a base model in memory and computes stages with it.

An actor of Ray is made of it, which calls it by one thread for what is computed and by another for everything
else. It knows no Ray: arguments and results are texts, numbers and bytes.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from marker_coupling.cluster import base_files
from marker_coupling.cluster.environment import device_kind, versions
from marker_coupling.cluster.errors import ClusterError
from marker_coupling.cluster.files import digest_of, read_files, write_files
from marker_coupling.cluster.requests import Reply, Request, SharedStore, reply_of_error
from marker_coupling.cluster.scratch import Scratch
from marker_coupling.cluster.stage_setup import BaseIdentity, StageSetup, digest_of_text, tasks_from_text
from marker_coupling.cluster.wire_values import from_text
from marker_coupling.pipeline.plan.lazy_model import LazyModel
from marker_coupling.pipeline.plan.stage import Stage
from marker_coupling.store.artifact_groups import find_members, get_members
from marker_coupling.store.artifacts import ArtifactStore, default_root

#: Requests after which a result that none of them used is removed from a worker's own store.
_REMEMBERED = 4
#: Kinds of results that other stages read.
_READ_BY_OTHERS = ("answers", "adapters", "sampled-answers")


class StageWorker:
    """A base model in memory, and a store of results that are read or were computed lately.

    Parameters
    ----------
    device : ``cpu`` or ``cuda``
    """

    def __init__(self, device: str) -> None:
        self._device = device
        self._scratch = Scratch()
        self._own = ArtifactStore(self._scratch.folder / "store")
        self._of_node = ArtifactStore(default_root())
        self._stores: dict[SharedStore | None, ArtifactStore] = {None: self._own}
        self._model: tuple[BaseIdentity, str, LazyModel] | None = None
        self._directories: dict[BaseIdentity, Path] = {}
        self._setups: dict[str, StageSetup] = {}
        self._stages: dict[tuple[str, SharedStore | None], Mapping[str, Stage[Any, Any]]] = {}
        self._used: list[set[Path]] = []
        self._progress: tuple[str, int, int] = ("", 0, 0)

    def hello(self, threads: Mapping[str, int], node: str) -> dict[str, Any]:
        """Return what the driver compares: versions and device; and use a number of threads.

        Parameters
        ----------
        threads : by node
        node : that the worker is on
        """
        import torch

        if node in threads:
            torch.set_num_threads(threads[node])
        return {"versions": versions(), "device": device_kind(self._device), "node": node, "pid": os.getpid()}

    def progress(self) -> list[Any]:
        """Return the latest report of what is being computed: task, done, total."""
        return list(self._progress)

    def shares(self, root: str, token: str) -> bool:
        """Return True if the driver's store is here, too, and can be written."""
        file = Path(root) / token
        try:
            return file.read_text(encoding="utf-8") == token and os.access(root, os.W_OK)
        except OSError:
            return False

    def prepare(self, setup: str) -> bool:
        """Remember a setup, and return False if its base model has to be sent first."""
        read = from_text(StageSetup, setup)
        if read.base not in self._directories:
            directory = base_files.find(read.base, self._of_node)
            if directory is None:
                return False
            self._directories[read.base] = directory
        self._setups[digest_of_text(setup)] = read
        return True

    def receive(self, name: str, offset: int, data: bytes) -> None:
        """Take a part of a base model's files."""
        base_files.receive(self._incoming, name, offset, data)

    def keep(self, setup: str) -> None:
        """Keep the received base model for all workers of this node."""
        base = from_text(StageSetup, setup).base
        self._directories[base] = base_files.keep(base, self._incoming, self._of_node)
        shutil.rmtree(self._incoming, ignore_errors=True)

    def missing(self, members: Sequence[Sequence[str]]) -> list[int]:
        """Return the indices of results, by kind and key, that are not in the worker's own store."""
        return [
            index for index, (kind, key) in enumerate(members) if not find_members(self._own, kind, [key])
        ]

    def compute(self, request: str, *inputs: dict[str, Any]) -> Reply:
        """Compute the tasks of a request.

        Parameters
        ----------
        inputs : files and digest of each of the request's inputs
        """
        try:
            return self._compute(from_text(Request, request), inputs)
        except Exception as error:  # which is told to the driver, whatever it is
            return reply_of_error(error)
        finally:
            self._progress = ("", 0, 0)

    def leave(self) -> None:
        """Remove what the worker keeps for itself, before it is stopped."""
        self._scratch.remove()

    @property
    def _incoming(self) -> Path:
        return self._scratch.folder / "incoming"

    def _compute(self, request: Request, inputs: Sequence[dict[str, Any]]) -> Reply:
        used = {self._put(*member, sent) for member, sent in zip(request.inputs, inputs, strict=True)}
        stages = self._stages_of(request)
        stage, tasks = stages[request.stage], tasks_from_text(request.stage, request.tasks)
        if tuple(stage.key(task) for task in tasks) != request.keys:
            raise ClusterError(f"expected the driver's keys of {request.stage}, got others: versions differ")
        try:
            if request.store is not None:
                return self._write_in_place(stage, tasks, request)
            return self._send(stage, tasks, request, used)
        finally:
            for each in stages.values():
                if hasattr(each, "release"):
                    each.release()

    def _write_in_place(self, stage: Stage[Any, Any], tasks: list[Any], request: Request) -> Reply:
        folders = [Path(folder) for folder in request.folders]
        for folder in folders:
            folder.mkdir()
        stage.compute(dict(zip(tasks, folders, strict=True)))
        return {"written": [_sizes(folder) for folder in folders]}

    def _send(self, stage: Stage[Any, Any], tasks: list[Any], request: Request, used: set[Path]) -> Reply:
        with tempfile.TemporaryDirectory(dir=self._scratch.folder) as name:
            folders = [Path(name) / f"{number:04d}" for number in range(len(tasks))]
            for folder in folders:
                folder.mkdir()
            stage.compute(dict(zip(tasks, folders, strict=True)))
            files = [read_files(folder) for folder in folders]
            if stage.kind in _READ_BY_OTHERS:
                used |= self._adopt(stage.kind, request.keys, folders)
        self._forget(used)
        return {"files": files, "digests": [digest_of(of_task) for of_task in files]}

    def _stages_of(self, request: Request) -> Mapping[str, Stage[Any, Any]]:
        setup, store = self._setups[request.setup], request.store
        if store not in self._stores:
            assert store is not None
            self._stores[store] = ArtifactStore(Path(store.root))
        if (request.setup, store) not in self._stages:
            model = self._model_of(setup)
            self._stages[request.setup, store] = setup.stages(model, self._stores[store], self._report)
        return self._stages[request.setup, store]

    def _model_of(self, setup: StageSetup) -> LazyModel:
        """Return the model of a setup; of several base models one at a time is in memory."""
        if self._model is None or self._model[:2] != (setup.base, setup.precision):
            if self._model is not None:
                self._model[2].release()
                self._stages.clear()
            base = setup.base.at(self._directories[setup.base])
            self._model = setup.base, setup.precision, LazyModel(base, setup.precision, self._device)
        return self._model[2]

    def _report(self, task: str, done: int, total: int) -> None:
        self._progress = (task, done, total)

    def _put(self, kind: str, key: str, sent: dict[str, Any]) -> Path:
        """Put an input into the worker's own store if it was sent, and return its group's folder."""

        def make(folders: Mapping[int, Path]) -> None:
            if not sent:
                raise ClusterError(f"expected {kind} of the driver, got nothing: removed in the meantime")
            write_files(folders[0], sent["files"], sent["digest"])

        folders = get_members(self._own, kind, [key], make)
        assert folders is not None
        return folders[0].parent

    def _adopt(self, kind: str, keys: Sequence[str], computed: Sequence[Path]) -> set[Path]:
        """Keep results for later stages."""

        def make(folders: Mapping[int, Path]) -> None:
            for index, folder in folders.items():
                shutil.copytree(computed[index], folder, dirs_exist_ok=True)

        return {folder.parent for folder in get_members(self._own, kind, keys, make) or ()}

    def _forget(self, used: set[Path]) -> None:
        """Remove results that no late request has used."""
        self._used = [*self._used[1 - _REMEMBERED :], used]
        kept = set().union(*self._used)
        for kind in _READ_BY_OTHERS:
            folder = self._own.root / kind
            for path in folder.iterdir() if folder.is_dir() else ():
                if path.is_dir() and path not in kept:
                    shutil.rmtree(path, ignore_errors=True)


def _sizes(folder: Path) -> dict[str, int]:
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.stat().st_size for path in paths}
