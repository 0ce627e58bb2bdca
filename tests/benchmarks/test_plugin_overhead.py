"""What the plugin costs a run that judges no claim: 2,000 trivial tests with it and without it, by turns."""

from __future__ import annotations

import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import time

import pytest

pytestmark = pytest.mark.benchmark

TESTS = 2000
PAIRS = 15
# Plugins that neither run has use for, so that the baseline is pytest and nothing else.
COMMAND = (
    sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:hypothesispytest", "-p", "no:xdist",
    "-p", "no:randomly", "-p", "no:rerunfailures", "-p", "no:timeout", "-p", "no:pytest_cov",
)  # fmt: skip


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    folder = tmp_path_factory.mktemp("trivial")
    for file in range(10):
        tests = "\n".join(f"def test_{number}(): pass" for number in range(TESTS // 10))
        (folder / f"test_{file}.py").write_text(tests + "\n")
    (folder / "pytest.ini").write_text("[pytest]\n")
    return folder


def seconds(project, *options):
    """Wall-clock and processor seconds of one run."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run([*COMMAND, *options], cwd=project, capture_output=True, text=True, check=True)
    wall, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    assert f"{TESTS} passed" in done.stdout
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def middle(ratios):
    """Median, and the 95% interval of the median by order statistics (binomial)."""
    ordered, n = sorted(ratios), len(ratios)
    cut = max(0, int((n - 1.96 * n**0.5) / 2))
    return {
        "median": round(statistics.median(ordered), 4),
        "low": round(ordered[cut], 4),
        "high": round(ordered[-1 - cut], 4),
    }


@pytest.mark.parametrize("ledger", [False, True], ids=["no ledger", "ledger asked for"])
def test_overhead(project, reports, ledger, tmp_path):
    options = ["--ledger", str(tmp_path / "ledger")] if ledger else []
    seconds(project), seconds(project, "-p", "no:claims")  # bytecode is compiled once
    walls, processors = [], []
    for pair in range(PAIRS):
        runs = [("without", ["-p", "no:claims"]), ("with", options)]
        found = {name: seconds(project, *given) for name, given in (runs if pair % 2 else reversed(runs))}
        walls.append(found["with"][0] / found["without"][0])
        processors.append(found["with"][1] / found["without"][1])
    report = {
        "benchmark": "plugin overhead" + (", ledger asked for" if ledger else ""),
        "tests": TESTS,
        "pairs": PAIRS,
        "ratio_of_processor_time": middle(processors),
        "ratio_of_wall_clock": middle(walls),
        "load": round(os.getloadavg()[0], 1),
        "processor": platform.processor() or platform.machine(),
    }
    name = "plugin-overhead-ledger.json" if ledger else "plugin-overhead.json"
    (reports / name).write_text(json.dumps(report, indent=1) + "\n")
    print(f"\n{json.dumps(report)}")
