"""Paths that options name."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


def given_path(config: pytest.Config, given: str) -> Path:
    """Return the path that an option names: below the folder that pytest was started in, else below the root.

    Parameters
    ----------
    given : relative or absolute
    """
    here, below_root = config.invocation_params.dir / given, config.rootpath / given
    # Unlike a Path's, these take any text for a name.
    return below_root if os.path.exists(below_root) and not os.path.exists(here) else here  # noqa: PTH110


def path_within(config: pytest.Config, path: Path) -> str:
    """Return a path as a report names it: from the root; of one outside the name, and that it is outside."""
    root = config.rootpath
    return (
        path.relative_to(root).as_posix()
        if path.is_relative_to(root)
        else f"{path.name} (outside the project)"
    )
