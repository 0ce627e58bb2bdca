"""Addresses on which processes listen, as Linux tells them."""

from __future__ import annotations

import contextlib
import os
import re
from pathlib import Path

_LISTENS = "0A"
#: As in /proc/net/tcp, its bytes in the order of the machine.
LOOPBACK = {"0100007F", "0000000000000000FFFF00000100007F", "00000000000000000000000001000000"}


def children(pid: int) -> list[int]:
    """Processes that a process started."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            if int(stat.read_text().rpartition(")")[2].split()[1]) == pid:
                found.append(int(stat.parent.name))
    return found


def listening(pids: list[int]) -> set[str]:
    """Addresses, in Linux's spelling, on which any of some processes takes connections."""
    sockets = set()
    for pid in pids:
        for link in Path(f"/proc/{pid}/fd").iterdir():
            with contextlib.suppress(OSError):
                sockets.update(re.findall(r"socket:\[(\d+)\]", os.readlink(link)))  # noqa: PTH115 - no path
    lines = [
        line.split()
        for table in ("tcp", "tcp6")
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]
    ]
    return {line[1].partition(":")[0] for line in lines if line[3] == _LISTENS and line[9] in sockets}
