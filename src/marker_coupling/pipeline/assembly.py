"""Assembly of a seed's evidence from the results of its stages."""

from __future__ import annotations

import importlib.metadata
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import Any

import numpy as np

from marker_coupling.evidence.values.dissociation import Dissociation
from marker_coupling.evidence.values.experiment_evidence import ExperimentEvidence
from marker_coupling.evidence.values.leakage import Leakage
from marker_coupling.evidence.values.measures import COUPLING_MEASURES
from marker_coupling.measures.measurement import ModelMeasurement
from marker_coupling.pipeline.plan.calibration import Calibration
from marker_coupling.pipeline.plan.stage_versions import STAGES
from marker_coupling.pipeline.stages.sampled_answers import MarkerCounts
from marker_coupling.study.adapter_groups import AdapterTask
from marker_coupling.study.recipe import Recipe

_LIBRARIES = ("marker-coupling", "numpy", "safetensors", "tokenizers", "torch", "transformers")
#: Least mean gating for an informative coupling, where the recipe has no bound of its own.
SMALLEST_GATING = 0.1


@dataclass(frozen=True)
class AdapterResult:
    """The results of all stages for one adapter.

    Parameters
    ----------
    task : the adapter
    counts : (P,) of sampled answers under each prompt
    probability : (P,) of the marker at the end of generic answers, mean over questions
    other : the persona crossed with the source, in prompt and opening; empty for a control
    crossed : (4,) counts of sampled answers in the conditions of the dissociation; none for a control
    keys : in the store, of the adapter and of its results
    """

    task: AdapterTask
    counts: tuple[MarkerCounts, ...]
    probability: tuple[float, ...]
    other: str
    crossed: tuple[MarkerCounts, ...]
    keys: Mapping[str, str | list[str]]


def assemble_evidence(
    measurement: ModelMeasurement,
    recipe: Recipe,
    calibration: Calibration | None,
    prompts: Sequence[str],
    results: Sequence[AdapterResult],
    determinants: str,
    calibration_keys: Sequence[str] = (),
    dropout_left_off: Mapping[str, float] = MappingProxyType({}),
) -> ExperimentEvidence:
    """Return the evidence of one seed; its cosines are those of the measurement's composite.

    Parameters
    ----------
    recipe : with the setting that was trained with
    prompts : (P,) personas of the prompts
    results : of all adapters, the controls among them
    determinants : provenance key of the evidence
    calibration_keys : of the grid's figures in the store
    dropout_left_off : dropout of the base model's configuration that is not applied
    """
    study, seed = measurement.study, results[0].task.seed
    assert study.experiment is not None
    coupled = [result for result in results if not result.task.is_control]
    sources = tuple(result.task.source for result in coupled)
    leakage = _leakage(coupled, prompts)
    hits, samples = (
        np.array([[counts[field] for counts in result.crossed] for result in coupled]).reshape(-1, 2, 2)
        for field in (0, 1)
    )
    dissociation = Dissociation(sources, tuple(result.other for result in coupled), hits, samples)
    controls = {
        result.task.control: _leakage([result], prompts) for result in results if result.task.is_control
    }
    questions = len(study.experiment.training_questions)
    setting = recipe.optimization
    return ExperimentEvidence(
        name=f"{measurement.base_model}-seed{seed}",
        personas=sources,
        cosine_to_assistant=measurement.cosine_to_assistant,
        js_to_assistant=measurement.js_to_assistant,
        leakage=leakage,
        marker_probability=np.array([result.probability for result in coupled]),
        dissociation=dissociation,
        shuffled_control=controls.get("shuffled-personas"),
        unmarked_control=controls.get("no-marker"),
        trained_positives=questions,
        trained_examples=questions * (1 + recipe.negative_personas),
        source=f"{measurement.base_model}, recipe {recipe.name}, seed {seed}",
        determinants=determinants,
        uninformative=_uninformative(measurement, recipe, calibration, leakage, dissociation),
        properties={
            **measurement.properties,
            "study": study.experiment_digest,
            "recipe": f"{recipe.name}, learning rate {setting.learning_rate:g}, {setting.epochs} epochs, "
            + ("calibrated" if calibration else "as written"),
            "seed": str(seed),
        },
        provenance=_provenance(measurement, recipe, calibration, results)
        | {"calibration_keys": list(calibration_keys), "dropout_left_off": dict(dropout_left_off)},
    )


def unreliable_cosines(measurement: ModelMeasurement) -> dict[str, str]:
    """Return the measure and the reason if wordings agree too little about the composite's cosines."""
    found, bound = measurement.cosine_reliability().value, measurement.study.smallest_reliability
    if found >= bound:
        return {}
    return {"cosine_to_assistant": _disagreement(measurement.describe_layers(), found, bound)}


def cosine_provenance(measurement: ModelMeasurement) -> dict[str, Any]:
    """Return from where an experiment's cosines are: the measurement's key, the layers, the reliability."""
    return {
        "key": measurement.determined_by,
        "layers": list(measurement.composite_layers),
        "reliability": measurement.cosine_reliability().value,
    }


def _disagreement(values: str, found: float, bound: float) -> str:
    return f"wordings agree too little about {values}: mean correlation {found:.2f}, not {bound:g}"


def _leakage(results: Sequence[AdapterResult], prompts: Sequence[str]) -> Leakage:
    return Leakage(
        tuple(result.task.source for result in results),
        tuple(prompts),
        np.array([[counts.hits for counts in result.counts] for result in results]),
        np.array([[counts.samples for counts in result.counts] for result in results]),
    )


def _uninformative(
    measurement: ModelMeasurement,
    recipe: Recipe,
    calibration: Calibration | None,
    leakage: Leakage,
    dissociation: Dissociation,
) -> dict[str, str]:
    reasons = unreliable_cosines(measurement)
    js, bound = measurement.divergence_reliability.value, measurement.study.smallest_reliability
    if js < bound:
        reasons["js_to_assistant"] = _disagreement("JS", js, bound)
    smallest = recipe.calibration.smallest_gating if recipe.calibration else SMALLEST_GATING
    gating = float(leakage.gating.mean())
    reason = calibration.problem if calibration else ""
    if gating < smallest:
        reason = f"adapters do not gate: own less bystander rate {gating:.2f} on average, needed {smallest:g}"
    if reason:
        reasons |= dict.fromkeys(COUPLING_MEASURES, reason)
    answers, marked = int(dissociation.samples.sum()), int(dissociation.hits.sum())
    if marked in (0, answers):
        reasons["dissociation"] = (
            f"whatever the prompt and the opening, {marked} of {answers} answers end with the marker"
        )
    return reasons


def _provenance(
    measurement: ModelMeasurement,
    recipe: Recipe,
    calibration: Calibration | None,
    results: Sequence[AdapterResult],
) -> dict[str, Any]:
    study = measurement.study
    return {
        "base_model": measurement.base_model,
        "fingerprint": measurement.fingerprint,
        "precision": measurement.precision,
        "device": measurement.device,
        "generation_config": "end tokens alone; its penalties, temperature, top_k and top_p are not applied",
        "seed": results[0].task.seed,
        "study": study.content(),
        "recipe": asdict(recipe),
        "calibration": None if calibration is None else asdict(calibration),
        "adapters": [
            {
                "source": result.task.source,
                "control": result.task.control,
                "negatives": list(result.task.negatives),
                "other": result.other,
                "truncated_answers": sum(counts.truncated for counts in result.counts),
                "keys": dict(result.keys),
            }
            for result in results
        ],
        "measurement": {
            "key": measurement.determined_by,
            "cosines": cosine_provenance(measurement),
            "js_reliability": measurement.divergence_reliability.value,
        },
        "stage_versions": {stage: list(version) for stage, version in STAGES.items()},
        "versions": {
            "python": platform.python_version(),
            **{name: _version(name) for name in _LIBRARIES},
        },
    }


def _version(distribution: str) -> str:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:  # this project, run from its sources
        return "not installed"
