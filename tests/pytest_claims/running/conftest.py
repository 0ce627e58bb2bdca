"""A repository of Git in which tests commit at moments of their own."""

from __future__ import annotations

import os
import subprocess

import pytest

FIRST = "2026-02-01T12:00:00+00:00"


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """A repository with one commit, and Git in it; ``git(..., at=MOMENT)`` commits then."""
    for variable in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        monkeypatch.delenv(variable, raising=False)
    identity = [
        "user.name=Tests",
        "user.email=tests@example.org",
        "commit.gpgsign=false",
        "protocol.file.allow=always",
    ]
    settings = [part for setting in identity for part in ("-c", setting)]

    def git(*arguments, at=FIRST, folder=tmp_path):
        environment = os.environ | {"GIT_COMMITTER_DATE": at, "GIT_AUTHOR_DATE": "2001-01-01T00:00:00+00:00"}
        command = ["git", "-C", str(folder), *settings, *arguments]
        return subprocess.run(
            command, check=True, capture_output=True, text=True, env=environment
        ).stdout.strip()

    git("init")
    (tmp_path / "file").write_text("1")
    git("add", "file")
    git("commit", "-m", "first")
    return tmp_path, git
