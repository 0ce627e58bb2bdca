"""A base model on a worker: found by the digest of its files, or received once a node."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from manylora.errors import BaseModelError
from manylora.models.base_model import BaseModel
from manylora.models.model_files import file_names, fingerprint
from marker_coupling.cluster.errors import ClusterError
from marker_coupling.cluster.files import is_within
from marker_coupling.cluster.stage_setup import BaseIdentity
from marker_coupling.pipeline.plan.base_models import snapshot_of_hub
from marker_coupling.store.artifacts import ArtifactStore

#: Bytes that are sent at once.
CHUNK = 32 << 20
#: A snapshot in the cache of huggingface_hub, whose folder is named after its commit.
_SNAPSHOT = re.compile(r"models--(?P<owner>[\w.-]+?)--(?P<name>[\w.-]+)/snapshots/(?P<commit>[0-9a-f]{40})")


def identify(base: BaseModel) -> BaseIdentity:
    """Return the identity of a base model by the content of its files.

    Raises
    ------
    BaseModelError
        A file is missing or cannot be read.
    """
    directory = base.directory.resolve()
    return BaseIdentity(base.name, base.fingerprint, base.chat_digest, str(directory), fingerprint(directory))


def find(identity: BaseIdentity, store: ArtifactStore) -> Path | None:
    """Return the directory of a base model on this machine; None if it has to be sent.

    It is where the driver has it, in the store, where it was sent before, or on the hub.

    Parameters
    ----------
    store : of this machine
    """
    candidates = [Path(identity.directory), store.find("base-model", _key(identity))]
    for directory in candidates:
        if directory is not None and _holds(directory, identity):
            return directory
    if (snapshot := _SNAPSHOT.search(Path(identity.directory).as_posix())) is None:
        return None
    try:
        directory = snapshot_of_hub(f"{snapshot['owner']}/{snapshot['name']}", snapshot["commit"])
    except BaseModelError:  # no hub from here
        return None
    return directory if _holds(directory, identity) else None


def chunks(directory: Path) -> Iterator[tuple[str, int, bytes]]:
    """Yield the files of a base model's directory that transformers reads: name, offset, bytes."""
    for name in file_names(directory):
        with (directory / name).open("rb") as file:
            offset = 0
            while (data := file.read(CHUNK)) or not offset:
                yield name, offset, data
                offset += len(data)
                if not data:
                    break


def receive(folder: Path, name: str, offset: int, data: bytes) -> None:
    """Write a part of a file that :func:`chunks` yielded, in order.

    Raises
    ------
    ClusterError
        The file would lie elsewhere, or a part of it is missing.
    """
    path = folder / name
    size = path.stat().st_size if is_within(name) and path.is_file() else 0
    if not is_within(name) or size != offset:
        raise ClusterError(f"expected files of a base model part by part, got {name!r:.80} from {offset}")
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        file.write(data)


def keep(identity: BaseIdentity, received: Path, store: ArtifactStore) -> Path:
    """Move a received base model into the store, and return its directory.

    Raises
    ------
    ClusterError
        It is not the one that was to be sent.
    StoreError
        It cannot be kept.
    """
    if not _holds(received, identity):
        raise ClusterError(f"base model {identity.name}: expected the files of the driver, got others")

    def move(folder: Path) -> None:
        for path in received.iterdir():
            shutil.move(path, folder / path.name)

    return store.get("base-model", _key(identity), move)


def _key(identity: BaseIdentity) -> str:
    return f"received {identity.content}"


def _holds(directory: Path, identity: BaseIdentity) -> bool:
    try:
        return directory.is_dir() and fingerprint(directory) == identity.content
    except (BaseModelError, OSError):
        return False
