"""Paths after a space: pytest keeps its root, or one line says how to write them."""

from __future__ import annotations

import os

import pytest

CONFTEST = """
def pytest_addoption(parser):
    parser.addoption("--table")
    parser.addoption("--loud", action="store_true")
"""
TEST = """
def test_root(pytestconfig):
    assert pytestconfig.rootpath.name == "inner"
    assert pytestconfig.getoption("table") in (None, TABLE)
"""


@pytest.fixture(params=["pytest.ini", "pyproject.toml", None])
def inner(request, pytester, monkeypatch):
    """A project in a folder, with or without an ini file; beside it a folder and a table."""
    folder = pytester.mkdir("inner")
    if request.param == "pytest.ini":
        (folder / "pytest.ini").write_text("[pytest]\n")
    if request.param == "pyproject.toml":
        (folder / "pyproject.toml").write_text("[tool.pytest.ini_options]\nxfail_strict = true\n")
    (folder / "conftest.py").write_text(CONFTEST)
    (folder / "tests").mkdir()
    (folder / "data").mkdir()
    (folder / "data" / "x.csv").write_text("")
    (folder / "empty").mkdir()
    pytester.mkdir("beside")
    (pytester.path / "x.csv").write_text("")
    monkeypatch.chdir(folder)

    def run(*arguments, table=None):
        (folder / "tests" / "test_root.py").write_text(TEST.replace("TABLE", repr(table)))
        return pytester.runpytest_inprocess("-p", "no:cacheprovider", "-p", "no:hypothesispytest", *arguments)

    return run


def refusal(option, path):
    return f"ERROR: {option} {path}: expected {option}={path}: pytest takes an existing path after a space*"


@pytest.mark.parametrize("option", ["--table", "--ledger"])
@pytest.mark.parametrize("path", ["../x.csv", "../beside"])
def test_a_path_outside_is_refused_after_a_space_and_taken_after_an_equals_sign(inner, option, path):
    if (option, path) == ("--ledger", "../x.csv"):
        path = "../beside/ledger"
        os.makedirs(path)  # noqa: PTH103 - relative to the folder that pytest runs in
    result = inner(option, path)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([refusal(option, path)])
    assert "unrecognized" not in result.stderr.str()
    result = inner(f"{option}={path}", table=path)
    result.assert_outcomes(passed=1)


@pytest.mark.parametrize(
    "arguments",
    [
        ("--table", "data/x.csv"), ("--table", "data"), ("--table", "absent"), ("tests", "--table", "data/x.csv"),
        ("--ledger", "empty"), ("--ledger", "absent"), ("--loud", "tests"), ("--loud", "tests/test_root.py"),
        ("--loud", "tests/test_root.py::test_root"),
    ],
    ids=" ".join,
)  # fmt: skip
def test_a_path_inside_works_either_way_and_twice(inner, arguments):
    table = arguments[arguments.index("--table") + 1] if "--table" in arguments else None
    for _ in range(2):
        inner(*arguments, table=table).assert_outcomes(passed=1)


def test_a_path_outside_beside_a_test_path_works_or_is_refused(inner, pytester):
    """Without an ini file the root moves, with one it does not."""
    for option in ("--table", "--ledger"):
        path = "../x.csv" if option == "--table" else "../beside"
        result = inner("tests", option, path, table="../x.csv")
        if result.ret:
            result.stderr.fnmatch_lines([refusal(option, path)])
        else:
            result.assert_outcomes(passed=1)


def test_an_ini_file_above_is_not_taken_instead(inner, pytester):
    (pytester.path / "pytest.ini").write_text("[pytest]\nxfail_strict = true\n")
    result = inner("tests", "--table", "../x.csv")
    if (pytester.path / "inner/pytest.ini").exists() or (pytester.path / "inner/pyproject.toml").exists():
        assert result.ret == pytest.ExitCode.USAGE_ERROR
        result.stderr.fnmatch_lines([refusal("--table", "../x.csv")])
    else:  # the one above is the project's, whatever is given
        assert result.ret == pytest.ExitCode.TESTS_FAILED


def test_a_home_is_expanded(inner, monkeypatch, pytester):
    monkeypatch.setenv("HOME", str(pytester.path))
    result = inner("--ledger=~/beside/ledger", "--collect-only", "-q")
    assert result.ret == 0


def test_a_conftest_file_that_fails_under_another_root_does_not_hide_the_cause(inner, pytester):
    """A relative import, say, works in the import mode of the project's own ini file alone."""
    (pytester.path / "inner/conftest.py").write_text(f"from .helper import nothing\n{CONFTEST}")
    (pytester.path / "inner/tests/conftest.py").write_text("raise ImportError('broken')\n")
    result = inner("--ledger", "../beside")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([refusal("--ledger", "../beside")])
    # Under its own root it is a failure like any other.
    result = inner("--ledger", "data")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ImportError while loading conftest*"])
