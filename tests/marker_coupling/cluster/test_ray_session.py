"""Connecting to what is no Ray cluster takes bounded time, and gives one line."""

from __future__ import annotations

import importlib.util
import os
import socket
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(importlib.util.find_spec("ray") is None, reason="Ray is an extra")

CONNECT = """
import sys
from marker_coupling.cluster import ray_session
from marker_coupling.cluster.address import parse_address
ray_session.CONNECT_S = 6.0  # Ray complains after 5
try:
    ray_session.connect(parse_address(sys.argv[1]))
except Exception as error:
    print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
    import os
    os._exit(3)  # Ray's own threads still wait
"""


def connect(address, **environment):
    """The error of connecting, and all else that was printed."""
    done = subprocess.run(
        [sys.executable, "-c", CONNECT, address], capture_output=True, text=True, timeout=60,
        env={**os.environ, "RAY_ADDRESS": "", **environment},
    )  # fmt: skip
    assert done.returncode == 3, done
    assert done.stdout == ""
    return done.stderr


def test_something_else_that_listens_is_one_line():
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        address = f"127.0.0.1:{listening.getsockname()[1]}"
        assert connect(address) == (
            f"ClusterError: --ray={address}: expected a Ray cluster at this address, no answer in 6 s\n"
        )


def test_no_cluster_on_this_machine_is_one_line():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and does not listen
        there = f"127.0.0.1:{taken.getsockname()[1]}"
        (line,) = connect("auto", RAY_ADDRESS=there).splitlines()
    assert line.startswith(
        "ClusterError: --ray=auto: expected a Ray cluster at this address, nothing answers there"
    )


LOCAL = """
import os, sys, time
from marker_coupling.cluster.address import parse_address
from marker_coupling.cluster.ray_session import connect, nodes
from tests.marker_coupling.cluster.listening import LOOPBACK, children, listening
ray = connect(parse_address("local"))
time.sleep(0.5)  # what is to stop with a thread would have stopped
(node,) = nodes(ray)
where = listening(children(os.getpid()))
print(node.name, ray.get(ray.put(1)), len(where) > 0, where <= LOOPBACK)
ray.shutdown()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")
def test_a_cluster_of_this_machine_listens_on_loopback_alone(pytestconfig, tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", LOCAL], capture_output=True, text=True, timeout=90, cwd=pytestconfig.rootpath,
        env={name: value for name, value in os.environ.items() if not name.startswith("RAY_")},
    )  # fmt: skip
    assert done.stdout == "127.0.0.1 1 True True\n", done.stderr
