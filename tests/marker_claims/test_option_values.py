"""Values of options: what is read, and one line with the bounds for what is not."""

from __future__ import annotations

import argparse
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marker_claims import option_values
from marker_coupling.study.recipe import EPOCHS, LEARNING_RATE


def refused(read, text) -> str:
    with pytest.raises(argparse.ArgumentTypeError) as caught:
        read(text)
    assert str(caught.value).isprintable()
    return str(caught.value)


def test_seeds_are_read():
    assert option_values.seeds("42, 137") == (42, 137)
    assert option_values.seeds("0,4294967295") == (0, 2**32 - 1)


@pytest.mark.parametrize(
    "text", ["", "x", "42,x", "42,,137", "4.2", "-1", "1_0", "\N{SUPERSCRIPT TWO}", "9" * 31]
)
def test_seeds_that_are_none(text):
    assert refused(option_values.seeds, text).startswith(
        "expected different whole numbers such as 42,137, got"
    )


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("42,42", "expected each of the seeds once, got 42"),
        ("4294967296", "expected a whole number from 0 to 4294967295, got 4294967296"),
        (",".join(map(str, range(1001))), "expected an array of 1 to 1000 seeds, got 1001 of them"),
    ],
)
def test_seeds_beyond_the_bounds(text, problem):
    assert refused(option_values.seeds, text) == f"expected different whole numbers such as 42,137: {problem}"


@pytest.mark.parametrize("text", ["fast", "0", "nan", "inf", "-1e-3", "10.5", "1e400", ""])
def test_learning_rates_that_cannot_be(text):
    read = option_values.bounded(LEARNING_RATE)
    assert refused(read, text) == f"expected a number from 1e-12 to 10, got {text!r}"


@pytest.mark.parametrize("text", ["2.5", "0", "1001", "", "1_0", "1e2", "-1", "9" * 30])
def test_epochs_that_cannot_be(text):
    read = option_values.bounded(EPOCHS)
    assert refused(read, text) == f"expected a whole number from 1 to 1000, got {text!r}"


def test_learning_rates_and_epochs_are_read():
    assert option_values.bounded(LEARNING_RATE)("2e-4") == 2e-4
    assert option_values.bounded(EPOCHS)("3") == 3


def test_a_path_has_its_home(monkeypatch):
    monkeypatch.setenv("HOME", "/home/somebody")
    assert option_values.path("~/x.csv") == "/home/somebody/x.csv"
    assert option_values.path("x~.csv") == "x~.csv"
    assert refused(option_values.path, " ") == "expected a path, got ' '"


@pytest.mark.parametrize("text", ["cpu", "cuda", "cuda:1", "mps"])
def test_devices(text):
    assert option_values.device(text) == text


@pytest.mark.parametrize("text", ["", "CPU", "cuda:", "cuda:1000", "cuda:-1", "cpu,cuda"])
def test_devices_that_are_none(text):
    assert refused(option_values.device, text).startswith("expected cpu, cuda, cuda:1 or the like, got ")


@given(st.text(max_size=60))
def test_any_text_is_a_value_or_one_line(text):
    for read in (option_values.seeds, option_values.bounded(EPOCHS), option_values.bounded(LEARNING_RATE), option_values.device, option_values.path):  # fmt: skip
        message = "expected"
        try:
            read(text)
        except argparse.ArgumentTypeError as error:
            message = str(error)
        assert re.match("expected", message)
        assert message.isprintable()
