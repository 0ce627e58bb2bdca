"""Address of a Ray cluster, as it is given to ``--ray``."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import re
import socket
from dataclasses import dataclass
from pathlib import Path

from marker_coupling.cluster.errors import ClusterError

#: Seconds in which an address has to take a connection.
ANSWER_S = 5.0
_HOST_AND_PORT = re.compile(r"(?P<client>ray://)?(?P<host>[\w.-]+|\[[0-9a-fA-F:]+\]):(?P<port>[0-9]{1,5})")
EXPECTED = "expected auto, local, ray://HOST:PORT or HOST:PORT"


@dataclass(frozen=True)
class Address:
    """Address of a Ray cluster.

    Parameters
    ----------
    text : ``auto``, ``local``, ``ray://HOST:PORT`` (Ray Client) or ``HOST:PORT`` (a node of the cluster)
    host, port : where something has to listen; empty and 0 for ``auto`` and ``local``
    """

    text: str
    host: str = ""
    port: int = 0

    @property
    def is_client(self) -> bool:
        """True if the driver is outside the cluster."""
        return self.text.startswith("ray://")

    @property
    def is_loopback(self) -> bool:
        """True if the cluster is on this machine and listens on its loopback alone."""
        return self.text == "local" or self.host in ("127.0.0.1", "localhost")


def _has_ray() -> bool:
    try:
        return importlib.util.find_spec("ray") is not None
    except (ImportError, ValueError):
        return False


def parse_address(text: str) -> Address:
    """Read an address.

    Raises
    ------
    ClusterError
        It is none.
    """
    if text in ("auto", "local"):
        return Address(text)
    match = _HOST_AND_PORT.fullmatch(text)
    if match is None or not 0 < int(match["port"]) < 2**16:
        raise ClusterError(f"--ray={text:.80}: {EXPECTED}")
    return Address(text, match["host"].strip("[]"), int(match["port"]))


def found_address(address: Address) -> Address:
    """Return what Ray takes ``auto`` for: the environment's address, or that of the last cluster here."""
    if address.text != "auto":
        return address
    noted = Path(os.environ.get("RAY_TMPDIR", "/tmp"), "ray", "ray_current_cluster")
    text = os.environ.get("RAY_ADDRESS", "")
    if not text:
        with contextlib.suppress(OSError, UnicodeError):
            text = noted.read_text(encoding="utf-8").strip()
    return parse_address(text) if _HOST_AND_PORT.fullmatch(text) else address


def check_address(address: Address) -> None:
    """Check that Ray is installed, and that something listens at an address.

    Raises
    ------
    ClusterError
        It is not, or nothing does.
    """
    if not _has_ray():
        raise ClusterError(
            f"--ray={address.text}: expected Ray to be installed: pip install 'marker-coupling[ray]'"
        )
    # What was started here last may have ended, and another cluster run.
    there = found_address(address) if os.environ.get("RAY_ADDRESS") else address
    if not there.host:
        return
    try:
        socket.create_connection((there.host, there.port), timeout=ANSWER_S).close()
    except OSError as error:
        reason = error.strerror or str(error) or type(error).__name__
        raise ClusterError(
            f"--ray={address.text}: expected a Ray cluster at this address, nothing answers there ({reason})"
        ) from error
