"""Addresses of clusters, Ray that is not installed, and addresses where nothing is."""

from __future__ import annotations

import socket
import sys

import pytest

from marker_coupling.cluster import address
from marker_coupling.cluster.address import check_address, found_address, parse_address
from marker_coupling.cluster.errors import ClusterError


@pytest.mark.parametrize(
    ("text", "host", "port", "is_client", "is_loopback"),
    [
        ("auto", "", 0, False, False),
        ("local", "", 0, False, True),
        ("ray://head.example:10001", "head.example", 10001, True, False),
        ("ray://127.0.0.1:10001", "127.0.0.1", 10001, True, True),
        ("10.0.0.2:6379", "10.0.0.2", 6379, False, False),
        ("[::1]:6379", "::1", 6379, False, False),
    ],
)
def test_addresses(text, host, port, is_client, is_loopback):
    read = parse_address(text)
    assert (read.text, read.host, read.port) == (text, host, port)
    assert (read.is_client, read.is_loopback) == (is_client, is_loopback)


@pytest.mark.parametrize(
    "text",
    ["", "head", "ray://", "ray://head", "http://head:1", "head:0", "head:65536", "head:x", "a b:1", "Auto"],
)
def test_no_addresses(text):
    with pytest.raises(ClusterError) as raised:
        parse_address(text)
    assert str(raised.value) == f"--ray={text}: {address.EXPECTED}"


class Without:
    """Finds no Ray, as where it is not installed."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        if name == "ray":
            raise ModuleNotFoundError("No module named 'ray'", name="ray")


def test_without_ray_one_line_says_how_to_install_it(monkeypatch):
    monkeypatch.delitem(sys.modules, "ray", raising=False)
    monkeypatch.setattr(sys, "meta_path", [Without, *sys.meta_path])
    with pytest.raises(ClusterError) as raised:
        check_address(parse_address("local"))
    assert (
        str(raised.value) == "--ray=local: expected Ray to be installed: pip install 'marker-coupling[ray]'"
    )


def test_where_nothing_listens_one_line_says_so(monkeypatch):
    monkeypatch.setattr(address, "_has_ray", lambda: True)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and does not listen
        text = f"127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(
            ClusterError, match=f"--ray={text}: expected a Ray cluster at this address, nothing answers"
        ):
            check_address(parse_address(text))


def test_auto_is_the_environment_s_address_or_that_of_the_cluster_started_last(monkeypatch, tmp_path):
    auto = parse_address("auto")
    monkeypatch.setenv("RAY_TMPDIR", str(tmp_path))
    monkeypatch.setenv("RAY_ADDRESS", "")
    assert found_address(auto) is auto
    (tmp_path / "ray").mkdir()
    (tmp_path / "ray" / "ray_current_cluster").write_text("127.0.0.1:6379\n")
    assert found_address(auto) == parse_address("127.0.0.1:6379")
    monkeypatch.setenv("RAY_ADDRESS", "ray://head:10001")
    assert found_address(auto) == parse_address("ray://head:10001")
    assert found_address(parse_address("local")).text == "local"


def test_where_something_listens_nothing_is_said(monkeypatch):
    monkeypatch.setattr(address, "_has_ray", lambda: True)
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        check_address(parse_address(f"127.0.0.1:{listening.getsockname()[1]}"))
    monkeypatch.setenv("RAY_ADDRESS", "")
    check_address(parse_address("auto"))
