"""Training recipe, read from TOML: training set, adapter shape, optimizer, calibration grid."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from guarded_files.schema import Array, Section
from guarded_files.schema_values import NAME, Choice, Flag, Real, Whole
from guarded_files.toml_file import read_document
from manylora.config import AdapterShape, Optimization
from marker_coupling.study.experiment_design import MOST_PERSONAS, TOKENS

AnswerKind = Literal["generic", "on-policy"]
LEARNING_RATE = Real(1e-12, 10)
EPOCHS = Whole(1, 1000)
#: All that the file of a recipe may hold.
RECIPE = Section(
    {
        "training_set": Section(
            {
                "answers": Choice(get_args(AnswerKind)),
                "negative_personas": Whole(1, MOST_PERSONAS),
                "longest_example": TOKENS,
            }
        ),
        "adapter": Section(
            {
                # Beyond a layer's width a rank adds nothing.
                "rank": Whole(1, 2**14),
                "alpha": Real(0.001, 1e6),
                "rank_stabilised": Flag(),
                "dropout": Real(0, 0.99),
                "projections": Array(NAME, 100, "names of modules"),
            }
        ),
        "optimizer": Section(
            {
                "learning_rate": LEARNING_RATE,
                "weight_decay": Real(0, 10),
                "warmup_share": Real(0, 1),
                "clip_norm": Real(1e-9, 1e9),
                "epochs": EPOCHS,
                "batch": Whole(1, 10_000),
            }
        ),
        "calibration": Section(
            {
                "published_for": NAME,
                "learning_rates": Array(LEARNING_RATE, 100, "learning rates"),
                "epochs": Array(EPOCHS, 100, "numbers of epochs"),
                "smallest_gating": Real(0, 1),
                "lowest_source_rate": Real(0, 1),
                "highest_source_rate": Real(0, 1),
            }
        ),
    },
    frozenset({"calibration"}),
)


class RecipeError(ValueError):
    """A recipe file is not sound; one line naming file, key and expectation."""


@dataclass(frozen=True)
class CalibrationGrid:
    """Grid of learning rates and epochs for calibration, with the rule of choice.

    Parameters
    ----------
    published_for : base model for which the recipe's own setting was published
    learning_rates, epochs : the grid
    smallest_gating : source less mean bystander rate from which on a setting gates
    lowest_source_rate, highest_source_rate : range in which source rates have room to differ
    """

    published_for: str
    learning_rates: tuple[float, ...]
    epochs: tuple[int, ...]
    smallest_gating: float
    lowest_source_rate: float
    highest_source_rate: float


@dataclass(frozen=True)
class Recipe:
    """Settings of training sets and of adapters' training.

    Parameters
    ----------
    name : of the file
    answers : to train on: the base model's generic ones, or those under each persona's prompt
    negative_personas : personas drawn for the examples without marker
    longest_example : tokens to which a chat is cut
    """

    name: str
    answers: AnswerKind
    negative_personas: int
    longest_example: int
    adapter: AdapterShape
    optimization: Optimization
    calibration: CalibrationGrid | None

    @property
    def digest(self) -> str:
        """SHA-256 of all that determines a training run; the name and the calibration's grid do not."""
        content = dataclasses.asdict(self)
        del content["name"], content["calibration"]
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()

    def with_setting(self, learning_rate: float, epochs: int) -> Recipe:
        """Return the recipe with another learning rate and number of epochs."""
        setting = dataclasses.replace(self.optimization, learning_rate=learning_rate, epochs=epochs)
        return dataclasses.replace(self, optimization=setting)


def read_recipe(path: Path) -> Recipe:
    """Read a recipe.

    Raises
    ------
    RecipeError
        One line naming file, key and expectation.
    """
    document = read_document(path, RECIPE, RecipeError)
    calibration = document.get("calibration")
    grid = None if calibration is None else CalibrationGrid(**calibration)
    if grid is not None and grid.lowest_source_rate >= grid.highest_source_rate:
        key, expected = "calibration.lowest_source_rate", "a rate below highest_source_rate"
        raise document.wrong(key, expected, grid.lowest_source_rate)
    return Recipe(
        name=path.stem,
        **document["training_set"],
        adapter=AdapterShape(**document["adapter"]),
        optimization=Optimization(**document["optimizer"]),
        calibration=grid,
    )
