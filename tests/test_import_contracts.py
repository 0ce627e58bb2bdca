"""The rooms' import contracts: they hold as the project stands, and each is seen to break."""

from __future__ import annotations

import os
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


@pytest.mark.parametrize(
    ("module", "forbidden", "contract"),
    [
        ("core/estimate.py", "import pytest_claims.rules.threshold", "Rooms of pytest_claims"),
        ("core/errors.py", "import pytest_claims.core.verdict", "No circle within a room of pytest_claims"),
        ("ledger/reader.py", "import pytest", "Claims are decided, reported and rendered without pytest"),
        ("running/session.py", "import torch", "pytest_claims knows no language models"),
    ],
)
def test_a_forbidden_import_breaks_its_contract(checkout, module, forbidden, contract):
    path = checkout / "src" / "pytest_claims" / module
    source = path.read_text(encoding="utf-8")
    path.write_text(f"{source}\n\ndef late():\n    {forbidden}\n", encoding="utf-8")
    try:
        done = lint_imports(checkout)
    finally:
        path.write_text(source, encoding="utf-8")
    assert (done.returncode, f"{contract} BROKEN" in done.stdout) == (1, True), done.stdout + done.stderr
