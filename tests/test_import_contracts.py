"""The rooms' import contracts: they hold as the project stands, and each is seen to break."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LINT = "from importlinter.cli import lint_imports_command; lint_imports_command()"


def lint_imports(root: Path) -> subprocess.CompletedProcess[str]:
    """Check the contracts of a checkout on its own sources, not on those that are installed."""
    return subprocess.run(
        [sys.executable, "-c", LINT, "--config", str(root / ".importlinter"), "--no-cache"],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root / "src")},
        capture_output=True,
        text=True,
    )


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("checkout")
    shutil.copytree(ROOT / "src", root / "src", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / ".importlinter", root)
    return root


def test_the_contracts_hold(checkout):
    done = lint_imports(checkout)
    assert (done.returncode, " 0 broken" in done.stdout) == (0, True), done.stdout + done.stderr


#: One forbidden import for each contract.
FORBIDDEN = {
    "Rooms of pytest_claims": ("pytest_claims/core/estimate.py", "import pytest_claims.rules.bounds"),
    "No circle within a room of pytest_claims": ("pytest_claims/core/errors.py", "import pytest_claims.core.verdict"),
    "Claims are decided, reported and rendered without pytest": ("pytest_claims/ledger/reader.py", "import pytest"),
    "pytest_claims knows no language models": ("pytest_claims/running/session.py", "import torch"),
    "Packages know those below them alone": ("manylora/loading.py", "import marker_coupling.study.marker"),
    "Rooms of manylora": ("manylora/kernels/rows.py", "import manylora.training.training"),
    "Rooms of marker_coupling": ("marker_coupling/study/marker.py", "import marker_coupling.measures.answers"),
    "Rooms of the pipeline": ("marker_coupling/pipeline/plan/stage.py", "import marker_coupling.pipeline.experiment"),
    "Rooms of the analysis": ("marker_coupling/analysis/data/arrays.py", "import marker_coupling.analysis.decisions.verdict"),
    "Rooms of the cluster": ("marker_coupling/cluster/files.py", "import marker_coupling.cluster.pool"),
    "The cluster alone knows Ray": ("marker_coupling/pipeline/experiment.py", "import ray"),
    "No circle within a package": ("guarded_files/messages.py", "import guarded_files.files"),
    "Studies, evidence, the store and figures need no model": ("marker_coupling/store/artifacts.py", "import torch"),
    "The experiment and the engine know no pytest": ("manylora/progress.py", "import pytest"),
}  # fmt: skip


def test_every_contract_is_broken_by_a_forbidden_import(checkout):
    for path, forbidden in FORBIDDEN.values():
        with (checkout / "src" / path).open("a", encoding="utf-8") as file:
            file.write(f"\n\ndef late():\n    {forbidden}\n")
    done = lint_imports(checkout)
    broken = set(re.findall(r"^(.+?) BROKEN(?: \(.*\))?$", done.stdout, flags=re.M))
    assert (done.returncode, broken) == (1, set(FORBIDDEN)), done.stdout + done.stderr
