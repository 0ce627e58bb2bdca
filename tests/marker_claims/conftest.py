"""A run's configuration with nothing but what sources read: options, folders, a stash."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

OPTIONS = {
    "evidence": [], "registration": None, "base_model": None, "study": None, "recipe": None, "seeds": None,
    "learning_rate": None, "epochs": None, "precision": None, "device": None, "ray": None, "artifacts": None, "trains_adapters": False,
}  # fmt: skip


@pytest.fixture
def configured(pytestconfig, tmp_path):
    """Make the configuration of a run that was started in an empty folder."""

    def make(**options):
        assert set(options) <= set(OPTIONS)
        return SimpleNamespace(
            getoption=(OPTIONS | options).__getitem__,
            rootpath=pytestconfig.rootpath,
            invocation_params=SimpleNamespace(dir=tmp_path),
            pluginmanager=SimpleNamespace(get_plugin=lambda _: None),
            stash=pytest.Stash(),
        )

    return make
