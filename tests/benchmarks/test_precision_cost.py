"""What bfloat16 costs in accuracy on the project's own study: differences from float32, layer by layer."""

from __future__ import annotations

import json

import numpy as np
import pytest

from marker_coupling.pipeline.plan.base_models import find_base_model
from marker_coupling.pipeline.plan.lazy_model import LazyModel
from marker_coupling.pipeline.stages.measurement import MeasurementStage
from marker_coupling.store.artifacts import ArtifactStore, default_root
from marker_coupling.study.study import read_study

pytestmark = pytest.mark.benchmark


def test_bfloat16_against_float32(pytestconfig, reports):
    store = ArtifactStore(default_root())
    study = read_study(pytestconfig.rootpath / "fixtures/study.toml")
    base = find_base_model("smollm2-135m", store)
    stages = [MeasurementStage(LazyModel(base, name), study, store) for name in ("float32", "bfloat16")]
    exact, low = (stage.measurement for stage in stages)
    cost = {
        "layers": [
            {
                "layer": layer,
                "largest_cosine_difference": round(
                    float(np.abs(exact.cosines(layer) - low.cosines(layer)).max()), 4
                ),
                "reliability_float32": round(exact.cosine_reliability(layer).value, 3),
                "reliability_bfloat16": round(low.cosine_reliability(layer).value, 3),
            }
            for layer in range(1, exact.blocks + 1)
        ],
        "largest_js_difference_nats": float(np.abs(exact.mean_divergence - low.mean_divergence).max()),
        "largest_js_nats": float(exact.mean_divergence.max()),
        "composite": {
            "layers": list(exact.composite_layers),
            "largest_cosine_difference": round(float(np.abs(exact.cosines() - low.cosines()).max()), 4),
            "reliability_float32": round(exact.cosine_reliability().value, 3),
            "reliability_bfloat16": round(low.cosine_reliability().value, 3),
        },
    }
    (reports / "precision.json").write_text(json.dumps(cost, indent=1) + "\n")
    print(json.dumps(cost))
    assert len(cost["layers"]) == exact.blocks
