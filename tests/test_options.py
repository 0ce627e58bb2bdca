"""Options of this project: a value that cannot be is one line that says what was expected."""

from __future__ import annotations

import argparse
import subprocess
import sys

import pytest


@pytest.fixture(scope="module")
def options(pytestconfig):
    """The module that adds them."""
    return pytestconfig.pluginmanager.get_plugin(str(pytestconfig.rootpath / "conftest.py"))


def test_seeds_are_read(options):
    assert options._seeds("42, 137") == (42, 137)


@pytest.mark.parametrize("text", ["", "x", "42,x", "42,,137", "4.2", "-1", "42,42", "\N{SUPERSCRIPT TWO}"])
def test_seeds_that_are_none(options, text):
    with pytest.raises(
        argparse.ArgumentTypeError, match="expected different whole numbers such as 42,137, got"
    ):
        options._seeds(text)


@pytest.mark.parametrize(
    ("number", "text", "expected"),
    [
        (float, "fast", "a number above 0"), (float, "0", "a number above 0"), (float, "nan", "a number above 0"),
        (float, "inf", "a number above 0"), (float, "-1e-3", "a number above 0"), (int, "2.5", "a whole number from 1"),
        (int, "0", "a whole number from 1"), (int, "", "a whole number from 1"),
    ],
)  # fmt: skip
def test_learning_rates_and_epochs_that_cannot_be(options, number, text, expected):
    with pytest.raises(argparse.ArgumentTypeError, match=f"expected {expected}, got {text!r}"):
        options._positive(number)(text)


def test_learning_rates_and_epochs_are_read(options):
    assert options._positive(float)("2e-4") == 2e-4
    assert options._positive(int)("3") == 3


def test_pytest_stops_with_that_line(pytestconfig):
    command = [sys.executable, "-m", "pytest", "--seeds=42,x", "--collect-only", "-p", "no:cacheprovider"]
    done = subprocess.run(command, cwd=pytestconfig.rootpath, capture_output=True, text=True)
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert "argument --seeds: expected different whole numbers such as 42,137, got '42,x'" in done.stderr
