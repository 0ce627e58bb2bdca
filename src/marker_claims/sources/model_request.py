"""The base model that a run asks for, with the study and the recipe: options read into one value."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import pytest

from manylora.models.base_model import Precision
from marker_claims.processes import gpu_of_process
from marker_claims.sources.paths import given_path
from marker_coupling.pipeline.plan.base_models import SMOLLM2, TOY, short_name
from marker_coupling.store.artifacts import ArtifactStore, default_root
from marker_coupling.study.recipe import Recipe, read_recipe
from marker_coupling.study.study import Study, StudyError, read_study

ORIGINAL_MODEL = "Qwen/Qwen2.5-7B-Instruct"


@dataclass(frozen=True)
class ModelRequest:
    """A base model and what is asked of it.

    Parameters
    ----------
    name : as `find_base_model` takes it
    study_file, study : personas, wordings and questions
    recipe : how adapters are trained, with the setting that options pin; None where none are trained
    pinned : whether options give the learning rate or the epochs, which are then not calibrated
    seeds : one experiment each; none where no adapters are trained
    precision, device : what the model computes in, and where; a device of None is this process's GPU
    store : where results are kept
    """

    name: str
    study_file: Path
    study: Study
    recipe: Recipe | None
    pinned: bool
    seeds: tuple[int, ...]
    precision: Precision
    device: str | None
    store: ArtifactStore

    @property
    def short_name(self) -> str:
        """The base model's name in test ids and figures."""
        return short_name(self.name)

    def chosen_device(self) -> str:
        """Return where the model computes, as PyTorch names it; looks for GPUs only where one is needed."""
        return self.device or gpu_of_process()


def requested_name(config: pytest.Config) -> str:
    """Return the base model's name or path; ``none`` if no model is to be measured."""
    trains = config.getoption("trains_adapters")
    name: str = config.getoption("base_model") or (ORIGINAL_MODEL if trains else SMOLLM2)
    if name not in ("none", SMOLLM2, TOY) and os.path.exists(path := given_path(config, name)):  # noqa: PTH110
        return str(path)
    return name


def read_request(config: pytest.Config, name: str) -> ModelRequest:
    """Read the files that the options name.

    Parameters
    ----------
    name : of the base model

    Raises
    ------
    StudyError, RecipeError
        A file is missing or malformed; adapters are to be trained, and the study has no experiment.
    """
    trains = config.getoption("trains_adapters")
    study_file = _file(config, "study", f"fixtures/{'toy/' if name == TOY else ''}study.toml")
    study = read_study(study_file)
    recipe, pinned = None, False
    seeds: tuple[int, ...] = ()
    if trains:
        if study.experiment is None:
            raise StudyError(
                f"{study_file}: key experiment: expected a table, as adapters are to be trained, got nothing"
            )
        kind = "toy" if name == TOY else "original"
        recipe = read_recipe(_file(config, "recipe", f"fixtures/recipes/{kind}.toml"))
        rate, epochs = config.getoption("learning_rate"), config.getoption("epochs")
        pinned = rate is not None or epochs is not None
        optimization = recipe.optimization
        if pinned:
            recipe = recipe.with_setting(rate or optimization.learning_rate, epochs or optimization.epochs)
        seeds = config.getoption("seeds") or study.experiment.seeds
    artifacts = config.getoption("artifacts")
    return ModelRequest(
        name, study_file, study, recipe, pinned, seeds,
        precision=config.getoption("precision") or "auto",
        device=config.getoption("device") or _default_device(config),
        store=ArtifactStore(config.invocation_params.dir / artifacts if artifacts else default_root()),
    )  # fmt: skip


def _default_device(config: pytest.Config) -> str | None:
    if not config.getoption("trains_adapters"):
        return "cpu"
    return None if config.getoption("ray") is None else "cuda"


def _file(config: pytest.Config, option: str, default: str) -> Path:
    given = config.getoption(option)
    return config.rootpath / default if given is None else given_path(config, given)
