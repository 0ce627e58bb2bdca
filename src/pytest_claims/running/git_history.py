"""Git's account of when lines and files were last changed, each question with one process and a time limit.

Nothing here raises: outside Git, without it, or where it takes too long, there is no answer.
"""

from __future__ import annotations

import datetime
import os
import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from pytest_claims.core.last_change import NOT_COMMITTED, LastChange

#: Of one process.
TIMEOUT_S = 10.0
#: Set where pytest runs in a hook of Git, for another folder than the one that is asked about.
_OF_THE_CALLER = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_COMMON_DIR")
_NEUTRAL = {"LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0", "GIT_NO_LAZY_FETCH": "1", "GIT_TERMINAL_PROMPT": "0"}
_HEAD = re.compile(r"commit ([0-9a-f]+) at ([0-9]+) after ([0-9a-f ]*)")


def run_git(directory: Path, *arguments: str, timeout_s: float = TIMEOUT_S) -> str | None:
    """Return what Git prints in a directory; ``None`` where it fails, is missing or takes too long."""
    environment = {name: value for name, value in os.environ.items() if name not in _OF_THE_CALLER}
    try:
        done = subprocess.run(
            ["git", "-C", str(directory), *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            timeout=timeout_s,
            check=True,
            env=environment | _NEUTRAL,
        )
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
    return done.stdout


def changes_of_lines(
    path: Path, ranges: Sequence[tuple[int, int]], timeout_s: float = TIMEOUT_S
) -> dict[int, LastChange]:
    """Return the last change of lines of a file as it is now, by line; empty where Git does not tell.

    White space does not count, nor does moving lines within what a commit touches.

    Parameters
    ----------
    ranges : first and last line of each, from 1 on
    timeout_s : after which there is no answer
    """
    if timeout_s <= 0:
        return {}
    limits = [argument for first, last in ranges for argument in ("-L", f"{first},{last}")]
    # The user's settings must not change what everybody else would be told.
    settings = ("-c", "blame.showRoot=false", "-c", "blame.ignoreRevsFile=")
    options = ("--incremental", "--no-textconv", "-w", "-M", "-C")
    told = run_git(path.parent, *settings, "blame", *options, *limits, "--", path.name, timeout_s=timeout_s)
    if told is None:
        if not _is_new(path):
            return {}
        return {line: NOT_COMMITTED for first, last in ranges for line in range(first, last + 1)}
    blamed = dict(_blamed_lines(told))
    roots = {commit for commit, _, is_root in blamed.values() if is_root}
    if roots and _is_shallow(path.parent):
        return {line: _change(commit, time, commit in roots) for line, (commit, time, _) in blamed.items()}
    return {line: _change(commit, time) for line, (commit, time, _) in blamed.items()}


def _change(commit: str, time: int, or_before: bool = False) -> LastChange:
    if not commit.strip("0"):
        return NOT_COMMITTED
    return LastChange(commit, datetime.datetime.fromtimestamp(time, datetime.UTC), or_before)


def _blamed_lines(told: str) -> Iterator[tuple[int, tuple[str, int, bool]]]:
    """Yield line, and commit, time and whether the history begins with it, from incremental output."""
    times: dict[str, int] = {}
    roots: set[str] = set()
    commit, first, count = "", 0, 0
    for line in told.splitlines():
        key, _, rest = line.partition(" ")
        if key == "committer-time":
            times[commit] = int(rest)
        elif key == "boundary":
            roots.add(commit)
        elif key == "filename":
            yield from ((first + step, (commit, times[commit], commit in roots)) for step in range(count))
        elif len(key) in (40, 64) and rest.count(" ") == 2:
            commit, (_, first, count) = key, map(int, rest.split())


def _is_new(path: Path) -> bool:
    """Return True for a file in a working tree that its last commit does not hold."""
    if run_git(path.parent, "rev-parse", "--is-inside-work-tree") != "true\n" or not path.is_file():
        return False
    if run_git(path.parent, "rev-parse", "--verify", "--quiet", "HEAD") is None:
        return True
    return run_git(path.parent, "ls-tree", "HEAD", "--", path.name) == ""


def _is_shallow(directory: Path) -> bool:
    return run_git(directory, "rev-parse", "--is-shallow-repository") == "true\n"


def changes_of_files(root: Path, files: Mapping[str, Sequence[str]]) -> dict[str, LastChange]:
    """Return the last change of files and folders, without those of which Git does not tell it.

    Parameters
    ----------
    root : to which paths are relative
    files : paths by name
    """
    wanted = {
        name: [path for path in paths if _is_below(root, path)]
        for name, paths in files.items()
        if paths and all(_is_below(root, path) for path in paths)
    }
    everything = sorted({path for paths in wanted.values() for path in paths})
    if not everything:
        return {}
    literal = ("--literal-pathspecs", "-c", "core.quotePath=false")
    status = run_git(
        root, *literal, "status", "--porcelain", "-z", "--no-renames", "--ignored", "--", *everything
    )
    prefix = run_git(root, "rev-parse", "--show-prefix")
    if status is None or prefix is None:
        return {}
    form = "--format=commit %H at %ct after %P"
    log = run_git(root, *literal, "log", form, "--name-only", "--no-renames", "-z", "--", *everything)
    prefix = prefix.rstrip("\n")
    dirty = [(entry[:2], entry[3:].rstrip("/")) for entry in status.split("\0") if entry]
    commits = list(_commits(log or ""))
    shallow = any(not parents for _, _, parents, _ in commits) and _is_shallow(root)
    changes = {}
    for name, paths in wanted.items():
        within = [os.path.normpath(prefix + path).removeprefix(".") for path in paths]
        if any(_makes_dirty(state, file, path) for state, file in dirty for path in within):
            changes[name] = NOT_COMMITTED
            continue
        last = next(
            (
                _change(commit, time, shallow and not parents)
                for commit, time, parents, touched in commits
                if any(_is_within(file, path) for file in touched for path in within)
            ),
            None,
        )
        if last is not None:
            changes[name] = last
    return changes


def _is_below(root: Path, path: str) -> bool:
    try:
        whole = Path(os.path.normpath(root / path))
        return bool(path) and whole.is_relative_to(root) and whole.exists()
    except (OSError, ValueError):
        return False


def _makes_dirty(state: str, file: str, path: str) -> bool:
    """Return True if a file that differs from its commit is of a path; one ignored in a folder is not."""
    return _is_within(path, file) or (state != "!!" and _is_within(file, path))


def _is_within(file: str, folder: str) -> bool:
    return file == folder or not folder or file.startswith(f"{folder}/")


def _commits(log: str) -> Iterator[tuple[str, int, str, list[str]]]:
    """Yield commit, time, parents and files, the newest first."""
    files: list[str] = []
    for part in log.split("\0"):
        if head := _HEAD.fullmatch(part):
            files = []
            yield head[1], int(head[2]), head[3], files
        elif part:
            files.append(part.removeprefix("\n"))
