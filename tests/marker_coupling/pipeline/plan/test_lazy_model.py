"""A base model is loaded once, when it is first needed, and only if it passes every check."""

import pytest

from manylora import loading
from marker_coupling.pipeline.plan.lazy_model import LazyModel

from ...tiny_experiment import tiny_base


@pytest.fixture
def loadings(monkeypatch):
    """The devices of all models that were loaded."""
    load, devices = loading.load, []

    def noted(base, precision, device):
        devices.append(device)
        return load(base, precision, device)

    monkeypatch.setattr(loading, "load", noted)
    return devices


@pytest.fixture
def model(tmp_path):
    return LazyModel(tiny_base(tmp_path / "tiny"))


def test_it_is_loaded_when_it_is_first_needed_and_again_after_its_release(model, loadings):
    assert loadings == []
    assert model.loaded is model.loaded
    assert loadings == ["cpu"]
    model.release()
    assert model.loaded.base == model.base
    assert loadings == ["cpu", "cpu"]


def test_every_check_is_passed_by_every_model_that_is_loaded(model):
    checked = []
    model.require(lambda loaded: checked.append(("first", loaded)))
    assert checked == []
    loaded = model.loaded
    model.require(lambda loaded: checked.append(("second", loaded)))
    assert checked == [("first", loaded), ("second", loaded)]
    model.release()
    again = model.loaded
    assert checked[2:] == [("first", again), ("second", again)]


def test_a_model_that_fails_a_check_is_not_kept(model, loadings):
    def refuse(loaded):
        raise ValueError("expected another model")

    model.require(refuse)
    for _ in range(2):
        with pytest.raises(ValueError, match="another model"):
            _ = model.loaded
    assert len(loadings) == 2
