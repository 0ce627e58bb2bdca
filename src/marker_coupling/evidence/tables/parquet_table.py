"""A Parquet file as a table, read in a process of its own."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from marker_coupling.evidence.tables.parquet_reader import MEMORY_MIB, PROCESSOR_SECONDS
from marker_coupling.evidence.tables.table import (
    MAX_CELLS,
    MAX_COLUMNS,
    MAX_ROWS,
    KnownColumns,
    Table,
    fail_at,
)

_MAGIC = b"PAR1"
_READER = Path(__file__).with_name("parquet_reader.py")
#: Wall-clock time: it may wait long for a free processor.
_TIMEOUT_SECONDS = 120


def parquet_table(path: Path, content: bytes, known: KnownColumns | None = None) -> Table:
    """Return the table that a Parquet file holds.

    Parameters
    ----------
    path : for messages
    content : of the file
    known : the columns that are read; all by default

    Raises
    ------
    EvidenceError
        The bytes are no such file, or it takes more memory or time than a table can.
    """
    if importlib.util.find_spec("pyarrow") is None:
        fail_at(path, "", "Parquet needs pyarrow: pip install 'marker-coupling[parquet]'")
    _check_frame(path, content)
    answer = _read_columns(path, content, known)
    if "refused" in answer:
        fail_at(path, *answer["refused"])
    return Table(
        path,
        answer["columns"],
        tuple(f"row {k + 1}" for k in range(answer["rows"])),
        unread=tuple(name for name in answer["unread"] if name),
    )


def _check_frame(path: Path, content: bytes) -> None:
    """Refuse files without the frame of the Parquet format, before a process is started."""
    footer = int.from_bytes(content[-8:-4], "little")
    ends = content.startswith(_MAGIC) and content.endswith(_MAGIC)
    if len(content) < 12 or not ends or footer > len(content) - 12:
        expected = "expected a Parquet file, which begins and ends with PAR1 and has a whole footer"
        fail_at(path, "", expected)


def _read_columns(path: Path, content: bytes, known: KnownColumns | None) -> dict[str, Any]:
    request = {
        "names": None if known is None else sorted(known.names),
        "prefixes": [] if known is None else known.prefixes,
        "rows": MAX_ROWS,
        "columns": MAX_COLUMNS,
        "cells": MAX_CELLS,
    }
    # Memory that the system's own allocator gives is counted as it is used.
    settings = {"ARROW_DEFAULT_MEMORY_POOL": "system", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, "-P", "-W", "ignore", str(_READER), json.dumps(request)]
    try:
        process = subprocess.run(
            command,
            input=content,
            capture_output=True,
            env={**os.environ, **settings},
            timeout=_TIMEOUT_SECONDS,
            check=False,
        )
        answer: dict[str, Any] = json.loads(process.stdout) if process.returncode == 0 else {}
    except (subprocess.TimeoutExpired, ValueError):
        answer = {}
    except OSError as error:
        fail_at(path, "", f"cannot be read in a process of its own: {error.strerror}")
    if not answer:
        within = f"{MEMORY_MIB} MiB and {PROCESSOR_SECONDS} s"
        fail_at(path, "", f"expected a Parquet table that is read within {within}")
    return answer
