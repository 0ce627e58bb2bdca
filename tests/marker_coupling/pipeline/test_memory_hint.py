"""Where a GPU does not hold a cell's adapters, the error names the key of the study that asks for fewer."""

import dataclasses

import pytest
import torch

from manylora.errors import NotEnoughMemoryError
from manylora.training.gradient_accumulation import GradientAccumulation

from ..tiny_experiment import RECIPE, STUDY, tiny_base, tiny_experiment


def test_the_study_key_is_named_where_memory_does_not_hold_a_cell(monkeypatch, tmp_path):
    def full(*_):
        raise torch.OutOfMemoryError("as if")

    monkeypatch.setattr(GradientAccumulation, "_attempt", full)
    recipe = dataclasses.replace(RECIPE, calibration=None)
    experiment = tiny_experiment(tiny_base(tmp_path / "model"), tmp_path, STUDY, recipe)
    with pytest.raises(
        NotEnoughMemoryError,
        match=r"^training: expected memory for one example of \d+ tokens of each of \d adapters on cpu; "
        "key sources_per_cell: choose fewer$",
    ):
        experiment.evidence(1)
