"""Recipes: what the original did, and what is wrong with a file."""

import math
import re

import pytest

from marker_coupling.study.recipe import RecipeError, read_recipe

RECIPE = """
[training_set]
answers = "generic"
negative_personas = 2
longest_example = 64

[adapter]
rank = 4
alpha = 8
rank_stabilised = true
dropout = 0.0
projections = ["q_proj", "v_proj"]

[optimizer]
learning_rate = 1e-3
weight_decay = 0.01
warmup_share = 0.05
clip_norm = 1.0
epochs = 2
batch = 4

[calibration]
published_for = "somebody"
learning_rates = [1e-3, 2e-3]
epochs = [1, 2]
smallest_gating = 0.1
lowest_source_rate = 0.3
highest_source_rate = 0.8
"""


@pytest.fixture
def write(tmp_path):
    def written(text):
        path = tmp_path / "recipe.toml"
        path.write_text(text)
        return path

    return written


@pytest.mark.parametrize(("name", "answers"), [("original", "generic"), ("on-policy", "on-policy")])
def test_the_originals_recipe(pytestconfig, name, answers):
    recipe = read_recipe(pytestconfig.rootpath / "fixtures" / "recipes" / f"{name}.toml")
    adapter, optimization = recipe.adapter, recipe.optimization
    assert (recipe.name, recipe.answers, recipe.negative_personas) == (name, answers, 2)
    assert recipe.longest_example == 1024
    assert (adapter.rank, adapter.alpha, adapter.rank_stabilised, adapter.dropout) == (32, 64, True, 0.05)
    assert set(adapter.projections) == {
        *("q_proj", "k_proj", "v_proj", "o_proj"),
        *("gate_proj", "up_proj", "down_proj"),
    }
    assert adapter.scaling == pytest.approx(64 / math.sqrt(32))
    assert (optimization.learning_rate, optimization.weight_decay) == (1e-5, 0.01)
    assert (optimization.warmup_share, optimization.clip_norm) == (0.05, 1.0)
    assert (optimization.epochs, optimization.batch) == (3, 16)
    assert recipe.calibration is not None
    assert recipe.calibration.published_for == "Qwen2.5-7B-Instruct"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('answers = "generic"', 'answers = "mine"', "training_set.answers: expected one of generic, on-policy, got 'mine'"),
        ("negative_personas = 2", "negative_personas = 0", "training_set.negative_personas: expected a whole number from 1 to 1000, got 0"),
        ("rank = 4", "rank = 4.5", "adapter.rank: expected a whole number from 1 to 16384, got 4.5"),
        ("rank = 4\n", "", "adapter.rank: expected a whole number from 1 to 16384, got nothing"),
        ("rank = 4", "rank = 4\nranks = 4", "key adapter.ranks: unknown; expected one of"),
        ("dropout = 0.0", "dropout = 1.0", "adapter.dropout: expected a number from 0 to 0.99, got 1.0"),
        ("rank_stabilised = true", "rank_stabilised = 1", "adapter.rank_stabilised: expected true or false, got 1"),
        ('projections = ["q_proj", "v_proj"]', "projections = []", "adapter.projections: expected an array of 1 to 100 names of modules, got 0 of them"),
        ("learning_rate = 1e-3", "learning_rate = 0", "optimizer.learning_rate: expected a number from"),
        ("learning_rate = 1e-3", "learning_rate = nan", "optimizer.learning_rate: expected a number from"),
        ("clip_norm = 1.0", "clip_norm = inf", "optimizer.clip_norm: expected a number from"),
        ("warmup_share = 0.05", 'warmup_share = "5%"', "optimizer.warmup_share: expected a number from 0 to 1, got '5%'"),
        ("learning_rates = [1e-3, 2e-3]", "learning_rates = [1e-3, 1e-3]", "calibration.learning_rates[1]: expected each of the learning rates once, got 0.001"),
        ("epochs = [1, 2]", "epochs = [1.5]", "calibration.epochs[0]: expected a whole number from 1 to 1000, got 1.5"),
        ("lowest_source_rate = 0.3", "lowest_source_rate = 0.9", "calibration.lowest_source_rate: expected a rate below highest_source_rate"),
        ("[optimizer]", "[optimiser]", "key optimizer: expected a table, got nothing"),
        ("[calibration]", "[calibrations]", "key calibrations: unknown"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(write, old, new, message):
    assert old in RECIPE
    path = write(RECIPE.replace(old, new, 1))
    with pytest.raises(RecipeError, match=re.escape(message)) as caught:
        read_recipe(path)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)


def test_the_digest_is_of_what_determines_training(write):
    recipe = read_recipe(write(RECIPE))
    assert read_recipe(write(RECIPE.replace("epochs = [1, 2]", "epochs = [3]"))).digest == recipe.digest
    assert read_recipe(write(RECIPE.replace("alpha = 8", "alpha = 9"))).digest != recipe.digest
    assert recipe.with_setting(1e-3, 2) == recipe
    assert recipe.with_setting(1e-3, 3).digest != recipe.digest


def test_a_recipe_needs_no_calibration(write):
    assert read_recipe(write(RECIPE.partition("[calibration]")[0])).calibration is None
