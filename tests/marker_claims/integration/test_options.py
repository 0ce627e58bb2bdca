"""Options of this project, as a whole run takes them: what cannot be is one line, and so is what has no effect."""

from __future__ import annotations

import re
import socket
import subprocess
import sys

import pytest


@pytest.fixture(scope="module")
def collect(pytestconfig):
    """Run pytest up to where tests would run, from any folder."""

    def run(*arguments, folder="."):
        command = [
            sys.executable,
            "-m",
            "pytest",
            "--collect-only",
            "-q",
            "-p",
            "no:cacheprovider",
            *arguments,
        ]
        return subprocess.run(command, cwd=pytestconfig.rootpath / folder, capture_output=True, text=True)

    return run


def test_a_value_that_cannot_be_is_one_line(collect):
    done = collect("--seeds=42,x")
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert "argument --seeds: expected different whole numbers such as 42,137, got '42,x'" in done.stderr


@pytest.fixture(scope="module")
def in_vain(collect, tmp_path_factory):
    table = tmp_path_factory.mktemp("table") / "x.csv"
    table.write_text("persona\n")
    return collect(
        "tests/test_property_examples.py", "--seeds=1", "--recipe=x.toml", "--learning-rate=1e-3", "--epochs=2", "--kills=3",
        "--ledger=", "--ledger-figures=embed", f"--evidence={table}", "--device=cpu", "--base-model=none",
    )  # fmt: skip


def test_options_without_effect_are_told_once_each_and_fail_nothing(in_vain):
    assert in_vain.returncode == 0
    told = re.findall(r"^warning: (--[a-z-]+) has no effect (.*)$", in_vain.stdout, flags=re.M)
    assert dict(told) == {
        "--ledger-figures": "without a ledger: give --ledger=DIR or the ini value claims_ledger",
        **dict.fromkeys(
            ("--seeds", "--recipe", "--learning-rate", "--epochs"),
            "without -m gpu, with which adapters are trained",
        ),
        "--device": "with --base-model=none, where no model is measured",
        "--kills": "without the test that kills, tests/marker_coupling/pipeline/test_resume.py",
        "--evidence": "where no claim is collected: add tests/claims",
    }
    assert len(told) == len(dict(told))


def test_a_path_outside_after_a_space_is_one_line(collect, tmp_path):
    (tmp_path / "x.csv").write_text("")
    for option, path in (
        ("--evidence", tmp_path / "x.csv"),
        ("--base-model", tmp_path),
        ("--ledger", tmp_path),
    ):
        done = collect(option, str(path))
        assert done.returncode == pytest.ExitCode.USAGE_ERROR
        assert f"ERROR: {option} {path}: expected {option}={path}: pytest takes" in done.stderr


def test_benchmarks_are_left_out_unless_something_names_them(collect, pytestconfig):
    folder = "tests/benchmarks"
    # Beside fast tests; the fewer, the sooner they are collected.
    tests = {path.name for path in (pytestconfig.rootpath / "tests").iterdir()}
    others = tests - {"benchmarks", "guarded_files"}
    done = collect(
        f"{folder}/test_precision_cost.py", "tests", *(f"--ignore=tests/{name}" for name in others)
    )
    assert re.findall(rf"^({folder}/\w+\.py)::", done.stdout, flags=re.M) == [
        f"{folder}/test_precision_cost.py"
    ]
    assert re.search(
        r"left out, as no -m asks for them: [1-9]\d* of tier benchmark \(-m benchmark\)", done.stdout
    )


def test_a_study_with_a_retired_key_is_one_line(pytestconfig, tmp_path):
    """Before anything is sampled or measured."""
    study = (pytestconfig.rootpath / "fixtures/toy/study.toml").read_text(encoding="utf-8")
    path = tmp_path / "study.toml"
    path.write_text(study.replace("[measurement]", "[measurement]\nshallowest_layer = 1"), encoding="utf-8")
    command = [
        sys.executable, "-m", "pytest", "-m", "fast", "tests/claims/test_model.py", "-q", "-p", "no:cacheprovider",
        "--base-model=toy", f"--study={path}", f"--ledger={tmp_path / 'ledger'}",
    ]  # fmt: skip
    done = subprocess.run(command, cwd=pytestconfig.rootpath, capture_output=True, text=True)
    assert done.returncode == pytest.ExitCode.TESTS_FAILED
    expected = f"{path}: key measurement.shallowest_layer: no longer a key: no layer is chosen any more"
    assert re.search(rf"^{re.escape(expected)}", done.stdout, flags=re.M)
    assert "Traceback" not in done.stdout + done.stderr


def test_a_cluster_that_is_none_is_one_line(collect):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and does not listen
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        done = collect("tests/test_property_examples.py", f"--ray={address}")
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    (line,) = done.stderr.strip().splitlines()
    assert line.startswith(f"ERROR: --ray={address}: expected ")


def test_what_is_no_address_is_one_line(collect):
    done = collect("--ray=nowhere")
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    expected = "argument --ray: expected auto, local, ray://HOST:PORT or HOST:PORT, got 'nowhere'"
    assert expected in done.stderr
