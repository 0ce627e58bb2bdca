"""Every package of src is in the distribution, typed and tested."""

from __future__ import annotations

import ast
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
PACKAGES = sorted(path.parent for path in (ROOT / "src").glob("*/__init__.py"))


def test_every_package_is_in_the_wheel():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    assert sorted(wheel) == [str(package.relative_to(ROOT)) for package in PACKAGES]


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.name)
def test_every_package_is_marked_as_typed(package):
    assert (package / "py.typed").read_bytes() == b""


#: Modules without a test file, as there is nothing in them that could be wrong by itself.
UNTESTED = {
    "manylora/chats/chat.py": "values without checks",
    "manylora/errors.py": "exceptions",
    "manylora/progress.py": "a type and a function that does nothing",
    "marker_coupling/cluster/errors.py": "an exception",
    "marker_coupling/study/errors.py": "exceptions",
    "marker_coupling/study/prompts.py": "a value without checks",
    "pytest_claims/__main__.py": "calls command_line.py",
    "pytest_claims/core/errors.py": "exceptions",
    "pytest_claims/core/origins.py": "names",
    "pytest_claims/core/roles.py": "two names",
    "pytest_claims/hookspecs.py": "declarations of hooks",
    "pytest_claims/judging/evidence.py": "a Protocol and values without checks",
    "pytest_claims/plugin.py": "options, hooks and fixtures that call the rooms; every run of pytester goes through it",
}

_FUSED = "manylora/blocks/test_fused_on_gpu.py"
_SAMPLING = "manylora/sampling/test_packed_sampling_on_gpu.py"
_FIGURES = "marker_coupling/figures/test_figures.py"
_ANALYSIS, _SIMULATION = (
    f"marker_coupling/analysis/test_{name}.py" for name in ("study_analysis", "simulation")
)
_STAGES, _EXPERIMENT = (f"marker_coupling/pipeline/test_{name}.py" for name in ("stage_keys", "experiment"))
#: Modules without a test file of their own name, and the file that tests them.
TESTED_BY = {
    # What runs on a GPU alone.
    **{f"manylora/blocks/{name}.py": _FUSED for name in ("fused_loss", "fused_projections", "packed_blocks")},
    **{
        f"manylora/kernels/{name}.py": _FUSED
        for name in ("lora", "norm_rope_loss", "swiglu", "tiles", "varlen_attention")
    },
    **{f"manylora/kernels/{name}.py": _SAMPLING for name in ("decode_attention", "top_p_sampling")},
    **{f"manylora/sampling/{name}.py": _SAMPLING for name in ("captured_decoding", "packed_prefill")},
    "manylora/scoring/packed_scoring.py": "manylora/scoring/test_packed_scoring_on_gpu.py",
    "manylora/kernels/adapter_dropout.py": "manylora/test_on_gpu.py",
    "manylora/packing/cuda_graphs.py": "manylora/test_on_gpu.py",
    # What packages offer to those who import them.
    "marker_claims/sources/__init__.py": "marker_claims/integration/test_own_tables.py",
    "marker_claims/sources/registered.py": "marker_claims/test_registered_study.py",
    "pytest_claims/ledger/number_properties.py": "pytest_claims/ledger/test_reader.py",
    "pytest_claims/rendering/links.py": "pytest_claims/rendering/test_html.py",
    "pytest_claims/rendering/records.py": "pytest_claims/browser/test_downloads.py",
    "pytest_claims/rendering/views.py": "pytest_claims/browser/test_ledger_page.py",
    "marker_claims/options.py": "marker_claims/integration/test_options.py",
    # The statistics are tried together on made studies.
    **{
        f"marker_coupling/analysis/{name}.py": _ANALYSIS
        for name in (
            "correlations/base_model_effects", "correlations/true_correlation", "data/arrays", "data/categories",
            "data/gating", "data/study_data", "data/variables", "decisions/rival",
            "decisions/sequence", "models/mixed_model", "models/registered_models",
        )
    },
    **{
        f"marker_coupling/analysis/{name}.py": _SIMULATION
        for name in (
            "decisions/hypotheses", "simulation/__main__", "simulation/draws", "simulation/error_rates",
            "simulation/markdown", "simulation/table", "simulation/worlds",
        )
    },
    "marker_coupling/analysis/correlations/permutations.py": "marker_coupling/analysis/correlations/test_permutation_test.py",
    "marker_coupling/analysis/data/log_odds.py": "marker_coupling/analysis/models/test_variance_components.py",
    **{
        f"marker_coupling/analysis/validity/{name}.py": "marker_coupling/analysis/validity/test_validity_check.py"
        for name in ("descriptions", "retrieval")
    },
    **{
        f"marker_coupling/figures/{name}.py": _FIGURES
        for name in ("intervals", "layers", "matrices", "point_labels", "scatter", "style")
    },
    "marker_coupling/evidence/tables/parquet_reader.py": "marker_coupling/evidence/tables/test_parquet_table.py",
    "marker_coupling/evidence/values/measures.py": "marker_coupling/evidence/values/test_evidence.py",
    "marker_coupling/evidence/values/fields.py": "marker_coupling/evidence/values/test_evidence.py",
    "marker_coupling/measures/hidden_states.py": "marker_coupling/measures/test_measurement.py",
    "marker_coupling/measures/marked_chats.py": "marker_coupling/study/test_training_set.py",
    "marker_coupling/cluster/cluster_worker.py": "marker_coupling/cluster/test_executor.py",
    "marker_coupling/pipeline/group_stages.py": _EXPERIMENT,
    **{
        f"marker_coupling/pipeline/{name}.py": "marker_coupling/pipeline/test_registered_experiment.py"
        for name in ("registered_assembly", "stages/couplings", "stages/geometry")
    },
    **{
        f"marker_coupling/{name}.py": "marker_coupling/pipeline/test_registered_experiment.py"
        for name in ("analysis/data/from_evidence", "evidence/values/study_evidence")
    },
    **{
        f"marker_coupling/pipeline/{name}.py": "marker_coupling/pipeline/test_calibration_command.py"
        for name in ("__main__", "calibration_report")
    },
    **{f"marker_coupling/pipeline/plan/{name}.py": _STAGES for name in ("stage_context", "stage_versions")},
    "marker_coupling/study/english_words.py": "marker_coupling/study/test_content_words.py",
    "marker_coupling/study/persona_rules.py": "marker_coupling/study/test_persona_files.py",
    "marker_coupling/study/personas.py": "marker_coupling/study/test_persona_files.py",
    "marker_coupling/toy/toy_tokenizer.py": "marker_coupling/toy/test_toy_model.py",
}  # fmt: skip


def modules() -> list[str]:
    """Every module of src; of those that only gather names none."""
    return sorted(
        str(path.relative_to(ROOT / "src"))
        for path in (ROOT / "src").rglob("*.py")
        if path.name != "__init__.py"
        or any(isinstance(node, ast.FunctionDef | ast.ClassDef) for node in ast.parse(path.read_bytes()).body)
    )


def mirrored_file(module: str) -> Path:
    """The test file whose path mirrors a module's."""
    path = ROOT / "tests" / module
    return path.with_name(f"test_{path.stem.strip('_')}.py")


def test_every_module_has_its_test_file_or_is_listed_with_the_reason():
    without = {module for module in modules() if not mirrored_file(module).is_file()}
    assert UNTESTED.keys().isdisjoint(TESTED_BY)
    assert sorted(without - UNTESTED.keys() - TESTED_BY.keys()) == [], "modules without tests"
    assert sorted((UNTESTED.keys() | TESTED_BY.keys()) - without) == [], "listed, and gone or tested"


@pytest.mark.parametrize("name", sorted(set(TESTED_BY.values())))
def test_a_file_that_is_said_to_test_modules_holds_tests(name):
    tree = ast.parse((ROOT / "tests" / name).read_bytes())
    functions = [node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    assert any(function.startswith("test_") for function in functions)


def test_the_citation_is_of_this_version():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert (cited["title"], cited["version"], cited["license"]) == (
        project["name"],
        project["version"],
        "Apache-2.0",
    )
    assert {"cff-version", "message", "authors", "type"} <= cited.keys()
