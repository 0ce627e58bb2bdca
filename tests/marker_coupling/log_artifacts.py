"""A pytest plugin that writes what the store makes into the file that $ARTIFACT_LOG names."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from marker_coupling.store.artifacts import ArtifactStore

_make = ArtifactStore._make


def _logged(self: ArtifactStore, final: Path, key: str, make: Callable[[Path], None]) -> None:
    with Path(os.environ["ARTIFACT_LOG"]).open("a") as log:
        log.write(f"{final.relative_to(self.root)}\n")
    _make(self, final, key, make)


ArtifactStore._make = _logged
