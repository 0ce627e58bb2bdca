"""A measurement is made once, kept under a key that can be read, and found without the model."""

from pathlib import Path

import numpy as np

from manylora.models.base_model import BaseModel
from marker_coupling.pipeline.plan.lazy_model import LazyModel
from marker_coupling.pipeline.stages.measurement import MeasurementStage
from marker_coupling.store.artifacts import ArtifactStore

from ...tiny_experiment import STUDY, tiny_base


def test_it_is_found_where_there_is_no_model(tmp_path):
    base, store = tiny_base(tmp_path / "tiny"), ArtifactStore(tmp_path / "store")
    made = MeasurementStage(LazyModel(base), STUDY, store).measurement
    gone = BaseModel(base.name, Path("nowhere"), base.fingerprint, base.chat_digest)
    found = MeasurementStage(LazyModel(gone), STUDY, store)
    assert found.measurement is found.measurement
    np.testing.assert_array_equal(found.measurement.mean_divergence, made.mean_divergence)
    assert found.measurement.determined_by == found.key()


def test_the_key_names_model_study_version_and_precision(tmp_path):
    stage = MeasurementStage(
        LazyModel(BaseModel("tiny", tmp_path, "0a1b"), "bfloat16"), STUDY, ArtifactStore(tmp_path)
    )
    assert stage.key() == f"base model 0a1b; study {STUDY.digest}; measurement 2; bfloat16"
