"""Versions, code and kind of device of a process: what has to be the same on all workers and the driver."""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import platform
from collections.abc import Mapping
from functools import cache
from pathlib import Path

#: Of which evidence depends on this project's code.
_PACKAGES = ("guarded_files", "manylora", "marker_coupling")
#: In keys or in the provenance of evidence.
LIBRARIES = ("jinja2", "numpy", "safetensors", "tokenizers", "torch", "transformers")


def versions() -> dict[str, str]:
    """Return the versions that evidence depends on, by name.

    Of PyTorch it is the version without the build, which says for which devices it was made; of this project
    the digest of its code, which may come to workers without being installed there.
    """
    of_libraries = {name: importlib.metadata.version(name).partition("+")[0] for name in LIBRARIES}
    code = f"code {code_digest():.12}"
    return {"marker-coupling": code, "python": platform.python_version(), **of_libraries}


@cache
def code_digest() -> str:
    """Return the SHA-256 of this project's files that evidence depends on."""
    total = hashlib.sha256()
    for package in _PACKAGES:
        spec = importlib.util.find_spec(package)
        for location in (spec.submodule_search_locations or ()) if spec else ():
            root = Path(location)
            for path in sorted(root.rglob("*")):
                if path.suffix in (".py", ".toml"):
                    total.update(f"{package}/{path.relative_to(root).as_posix()}\n".encode())
                    total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def device_kind(device: str) -> str:
    """Return the kind of device that a worker computes on, on which the last bits of a result depend.

    Parameters
    ----------
    device : as PyTorch names it
    """
    import torch

    if device.startswith("cuda"):
        return torch.cuda.get_device_name(device)
    return f"CPU with {torch.backends.cpu.get_cpu_capability()}"


def difference(here: Mapping[str, str], there: Mapping[str, str]) -> str:
    """Return the first version that differs as ``expected ..., got ...``; empty if all are the same."""
    for name, version in here.items():
        if there.get(name) != version:
            return f"expected {name} {version}, as the driver has, got {there.get(name, 'none')}"
    return ""
