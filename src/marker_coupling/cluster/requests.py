"""Requests to a worker and its replies, as they cross the wire."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypedDict

#: Kind and key of a result.
Member = tuple[str, str]


@dataclass(frozen=True)
class SharedStore:
    """A driver's store on a disk that workers may have as well.

    Parameters
    ----------
    root : its folder
    token : name of a file in it, and its content, by which a worker knows the folder for the driver's
    """

    root: str
    token: str


@dataclass(frozen=True)
class Request:
    """One task of the cluster: results of a stage that are computed together.

    Parameters
    ----------
    setup : digest of the stage's setup
    stage : kind
    tasks : of the stage, as JSON
    keys : that the driver computed for them
    store : the driver's, where results are written in place if the worker has it; None to send all bytes
    folders : in that store, one for each task
    inputs : kind and key of each result that is sent along
    """

    setup: str
    stage: str
    tasks: str
    keys: tuple[str, ...]
    store: SharedStore | None
    folders: tuple[str, ...]
    inputs: tuple[Member, ...]


class Reply(TypedDict, total=False):
    """A worker's answer: an error, or results.

    ``error`` is the reason in one line, ``kind`` the name of its type. ``files`` and ``digests`` are of each
    task, by path; ``written`` holds sizes in bytes by path where results were written in place.
    """

    error: str
    kind: str
    files: list[dict[str, bytes]]
    digests: list[str]
    written: list[dict[str, int]]


def reply_of_error(error: Exception) -> Reply:
    """Return the reply of a task that failed: one line, and where it was raised if that is not expected."""
    reason = " ".join(str(error).split())
    if isinstance(error, (ValueError, OSError)):
        return {"error": reason or type(error).__name__, "kind": type(error).__name__}
    return {"error": f"{type(error).__name__}: {reason}{_raised_at(error)}", "kind": type(error).__name__}


def _raised_at(error: Exception) -> str:
    trace: Any = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f" ({trace.tb_frame.f_code.co_filename}:{trace.tb_lineno})" if trace is not None else ""
