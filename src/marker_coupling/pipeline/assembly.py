"""From what a seed's stages found to its evidence."""

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
from marker_coupling.measures.measurement import ModelMeasurement
from marker_coupling.pipeline.calibration import Calibration
from marker_coupling.pipeline.stage_versions import STAGES
from marker_coupling.study.adapter_groups import AdapterTask
from marker_coupling.study.recipe import Recipe

_LIBRARIES = ("marker-coupling", "numpy", "safetensors", "tokenizers", "torch", "transformers")
#: Below this mean gating a coupling says nothing, where the recipe names no bound of its own.
SMALLEST_GATING = 0.1


@dataclass(frozen=True)
class AdapterResult:
    """What was found of one adapter.

    Parameters
    ----------
    task : which adapter
    hits, samples : (P,) answers with the marker under each prompt, and all
    probability : (P,) of the marker at the end of generic answers, mean over questions
    truncated : answers that reached the length limit, over all prompts
    other : whose prompt and opening took the own one's place; empty for a control
    crossed_hits, crossed_samples : (4,) answers in the conditions of the dissociation
    keys : in the store, of the adapter and of what was found of it
    """

    task: AdapterTask
    hits: tuple[int, ...]
    samples: tuple[int, ...]
    probability: tuple[float, ...]
    truncated: int
    other: str
    crossed_hits: tuple[int, ...]
    crossed_samples: tuple[int, ...]
    keys: Mapping[str, str | list[str]]


def assembled(
    measurement: ModelMeasurement,
    recipe: Recipe,
    calibration: Calibration | None,
    prompts: Sequence[str],
    results: Sequence[AdapterResult],
    determinants: str,
    calibration_keys: Sequence[str] = (),
    dropout_left_off: Mapping[str, float] = MappingProxyType({}),
) -> ExperimentEvidence:
    """Make the evidence of one seed.

    Parameters
    ----------
    recipe : with the setting that was trained with
    prompts : (P,) personas under whose prompts adapters were asked
    results : of all adapters, the controls among them
    determinants : everything that determined it
    calibration_keys : of the grid's figures in the store
    dropout_left_off : what the base model's configuration asks for beyond the recipe's
    """
    study, seed = measurement.study, results[0].task.seed
    assert study.experiment is not None
    own = [one for one in results if one.task.control == "none"]
    sources = tuple(one.task.source for one in own)
    leakage = _leakage(own, prompts)
    layer = measurement.primary_layer
    crossed = [np.array([getattr(one, key) for one in own]) for key in ("crossed_hits", "crossed_samples")]
    hits, samples = (counts.reshape(len(own), 2, 2) for counts in crossed)
    dissociation = Dissociation(sources, tuple(one.other for one in own), hits, samples)
    controls = {one.task.control: _leakage([one], prompts) for one in results if one.task.control != "none"}
    questions = len(study.experiment.training_questions)
    setting = recipe.optimization
    return ExperimentEvidence(
        name=f"{measurement.base_model}-seed{seed}",
        personas=sources,
        cosine_to_assistant=measurement.cosines(layer)[:-1, -1],
        js_to_assistant=measurement.mean_divergence[:-1, -1],
        leakage=leakage,
        marker_probability=np.array([one.probability for one in own]),
        dissociation=dissociation,
        shuffled_control=controls.get("shuffled-personas"),
        unmarked_control=controls.get("no-marker"),
        trained_positives=questions,
        trained_examples=questions * (1 + recipe.negative_personas),
        source=f"{measurement.base_model}, recipe {recipe.name}, seed {seed}",
        determinants=determinants,
        uninformative=_uninformative(measurement, recipe, calibration, leakage, dissociation),
        properties={
            "base_model": measurement.base_model,
            "fingerprint": measurement.fingerprint,
            "study": study.experiment_digest,
            "recipe": f"{recipe.name}, learning rate {setting.learning_rate:g}, {setting.epochs} epochs, "
            + ("calibrated" if calibration else "as written"),
            "seed": str(seed),
            "precision": measurement.precision,
            "device": measurement.device,
            "primary_layer": f"hidden_states[{layer}] of {measurement.blocks} blocks",
        },
        provenance=_provenance(measurement, recipe, calibration, results)
        | {"calibration_keys": list(calibration_keys), "dropout_left_off": dict(dropout_left_off)},
    )


def _leakage(results: Sequence[AdapterResult], prompts: Sequence[str]) -> Leakage:
    return Leakage(
        tuple(one.task.source for one in results),
        tuple(prompts),
        np.array([one.hits for one in results]),
        np.array([one.samples for one in results]),
    )


def _uninformative(
    measurement: ModelMeasurement,
    recipe: Recipe,
    calibration: Calibration | None,
    leakage: Leakage,
    dissociation: Dissociation,
) -> dict[str, str]:
    found, bound = {}, measurement.study.smallest_reliability
    layer = measurement.primary_layer
    for measure, what, reliability in (
        ("cosine_to_assistant", f"layer {layer}", measurement.reliability_of_layer(layer).value),
        ("js_to_assistant", "JS", measurement.divergence_reliability.value),
    ):
        if reliability < bound:
            found[measure] = (
                f"wordings agree too little about {what}: mean correlation {reliability:.2f}, not {bound:g}"
            )
    smallest = recipe.calibration.smallest_gating if recipe.calibration else SMALLEST_GATING
    gating = float(leakage.gating.mean())
    reason = calibration.problem if calibration else ""
    if gating < smallest:
        reason = f"adapters do not gate: own less bystander rate {gating:.2f} on average, needed {smallest:g}"
    if reason:
        found |= dict.fromkeys(("source_rate", "leakage", "leak_to_assistant", "marker_probability"), reason)
    answers, marked = int(dissociation.samples.sum()), int(dissociation.hits.sum())
    if marked in (0, answers):
        found["dissociation"] = (
            f"whatever the prompt and the opening, {marked} of {answers} answers end with the marker"
        )
    return found


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
                "source": one.task.source,
                "control": one.task.control,
                "negatives": list(one.task.negatives),
                "other": one.other,
                "truncated_answers": one.truncated,
                "keys": dict(one.keys),
            }
            for one in results
        ],
        "measurement": {
            "key": measurement.determined_by,
            "primary_layer": measurement.primary_layer,
            "reliability": measurement.reliability_of_layer(measurement.primary_layer).value,
            "js_reliability": measurement.divergence_reliability.value,
        },
        "stage_versions": {stage: list(version) for stage, version in STAGES.items()},
        "versions": {
            "python": platform.python_version(),
            **{name: importlib.metadata.version(name) for name in _LIBRARIES},
        },
    }
