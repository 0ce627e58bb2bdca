"""Cosines of an experiment's evidence, taken from a new measurement of its base model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from marker_coupling.evidence.values.experiment_evidence import ExperimentEvidence
from marker_coupling.evidence.values.fields import EvidenceError
from marker_coupling.measures.measurement import ModelMeasurement
from marker_coupling.pipeline.assembly import cosine_provenance, unreliable_cosines

#: In the provenance key of evidence, before the layers and the measurement that its cosines are of.
_MARK = "; cosines of layers "


def with_remeasured_cosines(
    evidence: ExperimentEvidence, measurement: ModelMeasurement
) -> ExperimentEvidence:
    """Return evidence whose cosines are the composite of a measurement; all else stays as it was.

    Parameters
    ----------
    evidence : of an experiment, such as one of a version that took the cosines of a chosen layer
    measurement : of the same base model and study, in any precision

    Returns
    -------
    ExperimentEvidence
        Its properties and provenance say which measurement the cosines are of, and its provenance key too.

    Raises
    ------
    EvidenceError
        The evidence is of another base model, study or personas than the measurement.
    """
    provenance, study = evidence.provenance, measurement.study
    experiment = provenance.get("measurement")
    if not isinstance(experiment, Mapping):
        raise EvidenceError("provenance.measurement: expected the measurement of the experiment, got none")
    for key, found, expected in (
        ("provenance.fingerprint", provenance.get("fingerprint"), measurement.fingerprint),
        ("properties.study", evidence.properties.get("study"), study.experiment_digest),
        ("personas", sorted(evidence.personas), sorted(study.sources)),
    ):
        if found != expected:
            raise EvidenceError(f"{key}: expected {expected!s:.80}, as was measured, got {found!s:.80}")
    order = [study.sources.index(persona) for persona in evidence.personas]
    layers = measurement.composite_layers
    cosines_of = f"{_MARK}{layers[0]} to {layers[-1]}, {measurement.determined_by}"
    kept = {name: reason for name, reason in evidence.uninformative.items() if name != "cosine_to_assistant"}
    properties = {name: fact for name, fact in evidence.properties.items() if name != "primary_layer"}
    return replace(
        evidence,
        cosine_to_assistant=measurement.cosine_to_assistant[order],
        uninformative=unreliable_cosines(measurement) | kept,
        determinants=evidence.determinants.partition(_MARK)[0] + cosines_of,
        properties=properties
        | {
            "cosine_layers": measurement.properties["cosine_layers"],
            "cosines": f"measured anew in {measurement.precision} on {measurement.device}",
        },
        provenance={**provenance, "measurement": _without_layer(experiment) | _provenance(measurement)},
    )


def _without_layer(experiment: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is on record of an experiment's own measurement, but for a chosen layer."""
    return {key: value for key, value in experiment.items() if key not in ("primary_layer", "reliability")}


def _provenance(measurement: ModelMeasurement) -> dict[str, Any]:
    computed = {"precision": measurement.precision, "device": measurement.device}
    return {"cosines": cosine_provenance(measurement) | computed}
