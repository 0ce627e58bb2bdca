"""``pytest -m gpu`` as a user runs it, in a process of its own: from options to ledger, figures and evidence.

What the claims say of these models colours nothing here.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from marker_coupling.evidence.tables.evidence_table import read_evidence
from marker_coupling.store.artifacts import MANIFEST

from .tiny_experiment import STUDY, tiny_base

CLAIM = re.compile(r'^@claim\(\n    "([\w-]+)"', re.M)
#: Claims about the published tables, about how another model compares with them, about a registered study or its
#: calibration.
OF_OTHER_EVIDENCE = re.compile(
    r"published|printed|^model-|^registered-|librarian|villain|comedian|prompt-length|distance-to"
    r"|^highest-rates|^lowest-rates-at|short-of-significance|not-significantly|measures?-personas$"
    r"|^adapter-leak-|^ungated-adapters-|^marker-carries-|^coupling-strength-"
)
#: Not applicable where the headline correlation is not significant.
OF_SIGNIFICANT_CORRELATION = "one-persona-can-swing-the-headline"
TINY_STUDY = f"""
[personas]
cook = "a cook"
pilot = "a pilot"
poet = "a poet"
nurse = "a nurse"
assistant = "a helpful assistant"

[calibration_personas]
sailor = "a sailor"
chef = "a chef"
lawyer = "a lawyer"

[wordings]
templates = {list(STUDY.wordings)}

[questions]
evaluation = {list(STUDY.questions)}
training = {list(STUDY.experiment.training_questions)}

[experiment]
marker = "[ZLT]"
seeds = [1, 2]
samples_per_question = 5
temperature = 1.0
top_p = 1.0
longest_answer = 24
longest_training_answer = 20
sources_per_cell = 2
controls = true

[measurement]
answer_tokens = 3
smallest_reliability = 0.0
reference_hidden_state = 11
reference_blocks = 28
resamples = 100
seed = 7
"""
TINY_RECIPE = """
[training_set]
answers = "generic"
negative_personas = 1
longest_example = 200

[adapter]
rank = 2
alpha = 4
rank_stabilised = true
dropout = 0.1
projections = ["q_proj", "v_proj"]

[optimizer]
learning_rate = 1e-2
weight_decay = 0.01
warmup_share = 0.05
clip_norm = 1.0
epochs = 1
batch = 4
"""


@pytest.fixture(scope="module")
def run_pytest(pytestconfig):
    """Run the claims in a process of its own; return it with what it wrote."""

    def run(*arguments, seconds=3000, **environment):
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
        root = str(pytestconfig.rootpath)
        return subprocess.run(
            [
                sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:randomly", "tests/claims",
                *map(str, arguments),
            ],
            cwd=root, env={**inherited, "PYTHONPATH": root, **environment}, capture_output=True, text=True,
            timeout=seconds, check=False,
        )  # fmt: skip

    return run


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    """Options that name a tiny random model, and a study and recipe for it."""
    folder = tmp_path_factory.mktemp("tiny")
    (folder / "study.toml").write_text(TINY_STUDY)
    (folder / "recipe.toml").write_text(TINY_RECIPE)
    tiny_base(folder / "model")
    options = ["--base-model", folder / "model", "--study", folder / "study.toml"]
    return ["-m", "gpu", "--device", "cpu", *options, "--recipe", folder / "recipe.toml"]


@pytest.fixture(scope="module")
def toy_run(run_pytest, toy_base, tmp_path_factory):
    """The toy experiment from nothing but the toy model."""
    folder = tmp_path_factory.mktemp("toy")
    model = folder / "artifacts" / toy_base.directory.relative_to(toy_base.directory.parents[1])
    shutil.copytree(toy_base.directory, model)
    options = ["-m", "gpu", "--base-model", "toy", "--device", "cpu", f"--artifacts={folder / 'artifacts'}"]
    return folder, options, run_pytest(*options, "--ledger", folder / "ledger")


def judged(folder):
    return json.loads((folder / "ledger.json").read_text())["claims"]


def test_every_claim_is_judged_on_the_toy(toy_run, pytestconfig):
    folder, _, run = toy_run
    assert run.returncode in (0, 1), run.stdout + run.stderr
    claims = judged(folder / "ledger")
    assert {claim["evidence"] for claim in claims} == {"toy", "toy-seed42"}
    assert {claim["verdict"] for claim in claims} <= {"supported", "refuted", "inconclusive"}
    sources = (pytestconfig.rootpath / "tests" / "claims").glob("test_*.py")
    known = {name for path in sources for name in CLAIM.findall(path.read_text(encoding="utf-8"))}
    expected = {claim for claim in known if not OF_OTHER_EVIDENCE.search(claim)}
    assert {claim["id"] for claim in claims} | {OF_SIGNIFICANT_CORRELATION} == expected
    # Experiments share the base model's measurement, and what is asked of that alone is asked once.
    assert [c["evidence"] for c in claims if c["id"] == "cosine-and-js-loosely-related"] == ["toy"]
    # The exit status is that of the refuted claims, and of nothing else.
    refuted = sum(claim["verdict"] == "refuted" for claim in claims)
    assert len(re.findall("^FAILED", run.stdout, re.M)) == refuted
    assert "ERROR" not in run.stdout


def test_figures_are_drawn_on_the_toy(toy_run):
    folder, _, _ = toy_run
    for claim in judged(folder / "ledger"):
        for figure in claim["figures"]:
            for suffix in (".png", ".pdf"):
                assert (folder / "ledger" / figure).with_suffix(suffix).stat().st_size > 5000
    with_figures = {claim["id"] for claim in judged(folder / "ledger") if claim["figures"]}
    assert {"cosine-predicts-coupling", "marker-follows-the-prompt"} <= with_figures


def test_progress_says_what_is_done_and_how_long_it_will_take(toy_run):
    _, _, run = toy_run
    for stage in ("calibration: training", "training", "answers as amber", "prompt and opening crossed"):
        assert re.search(rf"{stage}.*: \d+/\d+, about \d+ s left", run.stderr) or re.search(
            rf"{stage}.*: (\d+)/\1$", run.stderr, re.M
        )
    assert re.search(r": \d+/\d+, about \d+ s left$", run.stderr, re.M)


def test_again_from_the_store_it_is_the_same_and_computes_nothing(toy_run, run_pytest):
    folder, options, first = toy_run
    manifests = {path: path.stat().st_mtime_ns for path in folder.glob(f"artifacts/*/*/{MANIFEST}")}
    again = run_pytest(*options, "--ledger", folder / "again")
    assert again.returncode == first.returncode
    assert judged(folder / "again") == judged(folder / "ledger")
    assert manifests == {path: path.stat().st_mtime_ns for path in folder.glob(f"artifacts/*/*/{MANIFEST}")}
    assert "/" not in re.sub(r"Loading weights.*", "", again.stderr)


def test_the_evidence_is_saved_as_a_table_that_can_be_judged(toy_run, run_pytest):
    folder, _, _ = toy_run
    command = [sys.executable, "-m", "marker_coupling", "evidence", folder / "artifacts", "--save", folder]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "juniper" in shown
    evidence = read_evidence(folder / "toy-seed42.csv")
    assert len(evidence.personas) == 10
    run = run_pytest(
        "--base-model", "none", "--evidence", folder / "toy-seed42.csv", "--ledger", folder / "table",
        "-k", "toy-seed42",
    )  # fmt: skip
    assert run.returncode in (0, 1)
    of_table = {claim["id"]: claim["estimate"] for claim in judged(folder / "table")}
    of_run = {claim["id"]: claim["estimate"] for claim in judged(folder / "ledger")}
    assert len(of_table) >= 10
    assert of_table == {claim: of_run[claim] for claim in of_table}


def test_four_processes_compute_each_artifact_once(run_pytest, tiny, tmp_path):
    log = tmp_path / "log"
    run = run_pytest(
        *tiny, f"--artifacts={tmp_path / 'artifacts'}", "--ledger", tmp_path / "ledger", "-n", 4, "-k", "predicts or reliable",
        "-p", "tests.marker_coupling.log_artifacts", ARTIFACT_LOG=str(log),
    )  # fmt: skip
    assert run.returncode in (0, 1), run.stdout + run.stderr
    assert {claim["evidence"] for claim in judged(tmp_path / "ledger")} == {
        "model",
        "model-seed1",
        "model-seed2",
    }
    made = Counter(log.read_text().splitlines())
    assert set(made.values()) == {1}
    assert Counter(name.split("/")[0] for name in made)["evidence"] == 2
    assert re.search(r"^\[gw\d\] seed \d: .*: \d+/\d+", run.stderr, re.M)


def test_without_a_gpu_it_says_how_to_run_anyway(run_pytest):
    run = run_pytest("-m", "gpu", CUDA_VISIBLE_DEVICES="")
    assert run.returncode == pytest.ExitCode.USAGE_ERROR
    (line,) = [line for line in run.stderr.splitlines() if line]
    assert re.match(r"ERROR: -m gpu: expected a GPU .*, found none\. .* add --device=cpu", line)


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        (
            "--seeds",
            "42,many",
            "argument --seeds: expected different whole numbers such as 42,137, got '42,many'",
        ),
        ("--seeds", "42,42", "argument --seeds: expected different whole numbers"),
        ("--epochs", "0", "argument --epochs: expected a whole number from 1 to 1000, got '0'"),
        ("--learning-rate", "nan", "argument --learning-rate: expected a number from 1e-12 to 10, got 'nan'"),
        ("--precision", "half", "argument --precision: invalid choice: 'half'"),
    ],
)
def test_an_option_that_is_wrong_stops_the_run(run_pytest, option, value, message):
    run = run_pytest("-m", "gpu", "--device", "cpu", option, value)
    assert run.returncode == pytest.ExitCode.USAGE_ERROR
    assert message in run.stderr


def test_models_and_files_that_are_not_there_are_errors_and_never_green(run_pytest, tiny, tmp_path):
    """One error for each, in one run of the claims, which says what is missing and leaves no verdict."""
    (tmp_path / "recipe.toml").write_text(TINY_RECIPE.replace("rank = 2", "rank = 0"))
    for option, value, message in (
        ("--base-model", tmp_path / "no-model", "expected"),
        ("--study", tmp_path / "no-study.toml", "no-study.toml"),
        ("--recipe", tmp_path / "recipe.toml", "recipe.toml: key adapter.rank: expected"),
    ):
        run = run_pytest(
            *tiny,
            f"--artifacts={tmp_path / 'none'}",
            "--ledger",
            tmp_path / "ledger",
            option,
            value,
            "-k",
            "coupling",
        )
        assert run.returncode == pytest.ExitCode.TESTS_FAILED
        assert message in run.stdout
        assert not re.search(r"\b\d+ (passed|xfailed)", run.stdout)
        assert str(Path(value).name) in run.stdout
