"""The examples do what their READMEs say."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from safetensors import safe_open

from .manylora.tiny_models import save_tiny

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "examples"


def shown_command(readme: Path, program: str) -> list[str]:
    """The last command for a program that a README shows, run by this Python."""
    (block,) = re.findall(r"^```sh\n(.*?)^```$", readme.read_text(encoding="utf-8"), flags=re.M | re.S)
    command = shlex.split(block.replace("\\\n", " ").splitlines()[-1])
    assert command[0] == program
    return command[1:]


def run(*command, cwd):
    return subprocess.run([sys.executable, *command], cwd=cwd, capture_output=True, text=True, check=False)


def test_every_example_has_a_readme_and_is_not_collected_with_the_tests(pytestconfig):
    folders = [path for path in EXAMPLES.iterdir() if path.is_dir()]
    assert {path.name for path in folders} == {"cluster", "manylora", "own_table", "weather"}
    assert all((path / "README.md").is_file() for path in folders)
    assert pytestconfig.getini("testpaths") == ["tests"]


def test_the_weather_s_claim_is_judged_in_a_repository_of_its_own(tmp_path):
    folder = shutil.copytree(
        EXAMPLES / "weather", tmp_path / "weather", ignore=shutil.ignore_patterns("ledger")
    )
    done = run("-m", "pytest", *shown_command(folder / "README.md", "pytest"), cwd=folder)
    assert done.returncode == 0, done.stdout
    (claim,) = json.loads((folder / "ledger/ledger.json").read_text(encoding="utf-8"))["claims"]
    assert (claim["id"], claim["verdict"]) == ("rain-sells-umbrellas", "supported")


def test_the_weather_is_the_one_of_the_documents():
    page = (ROOT / "docs/own-claims.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```$", page, flags=re.M | re.S)
    shown = {re.match(r"# (\w+\.py)", block)[1]: block for block in blocks}
    for name in ("conftest.py", "test_weather.py"):
        assert (EXAMPLES / "weather" / name).read_text(encoding="utf-8") == shown[name]


def test_the_table_is_judged_on_all_that_it_holds(tmp_path):
    command = shown_command(EXAMPLES / "own_table/README.md", ".venv/bin/pytest")
    ledger = tmp_path / "ledger"
    done = run("-m", "pytest", *command, f"--ledger={ledger}", "-p", "no:cacheprovider", cwd=ROOT)
    assert done.returncode == 0, done.stdout
    claims = json.loads((ledger / "ledger.json").read_text(encoding="utf-8"))["claims"]
    assert {claim["evidence"] for claim in claims} == {"eight_personas"}
    verdicts = {claim["id"]: claim["verdict"] for claim in claims}
    assert verdicts["cosine-predicts-coupling"] == "inconclusive"
    assert {"cosine-predicts-gating", "cosine-predicts-leak-to-assistant"} <= set(verdicts)


def test_the_table_s_columns_are_the_documented_ones():
    from marker_coupling.evidence.tables.evidence_table import KNOWN_COLUMNS

    head = (EXAMPLES / "own_table/eight_personas.csv").read_text(encoding="utf-8").splitlines()[0].split(",")
    assert set(KNOWN_COLUMNS) - {"source_rate", "samples_under_assistant"} <= set(head)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_three_adapters_are_trained_saved_and_sampled(tmp_path):
    model = save_tiny(tmp_path / "model")
    script, _, _ = shown_command(EXAMPLES / "manylora/README.md", ".venv/bin/python")
    done = run(script, str(model), str(tmp_path / "adapters"), "--epochs=20", cwd=ROOT)
    assert done.returncode == 0, done.stderr
    folders = sorted((tmp_path / "adapters").iterdir())
    assert [folder.name for folder in folders] == ["amen", "over", "stop"]
    losses = re.findall(r"(\w+): loss ([\d.]+) -> ([\d.]+) nats", done.stdout)
    assert [name for name, *_ in losses] == ["amen", "over", "stop"]
    assert all(float(last) < float(first) for _, first, last in losses)
    for folder in folders:
        with safe_open(folder / "adapter_model.safetensors", framework="pt") as weights:
            assert all(weights.get_tensor(name).isfinite().all() for name in weights.keys())  # noqa: SIM118
