"""Options that were given in vain: each is told once, with the reason."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from marker_claims.idle_options import KILLING_TEST, idle_after_collection, idle_options

ROOT = Path(__file__).parents[2]

NOTHING = dict.fromkeys(
    (
        "study",
        "recipe",
        "seeds",
        "learning_rate",
        "epochs",
        "artifacts",
        "precision",
        "device",
        "kills",
        "ray",
        "registration",
    )
)


def options(**given):
    return SimpleNamespace(**{**NOTHING, "evidence": [], "base_model": None, "trains_adapters": False, "markexpr": "", **given})  # fmt: skip


@pytest.mark.parametrize(
    ("given", "idle"),
    [
        ({}, {}),
        ({"seeds": (1,)}, {"--seeds": "without -m gpu"}),
        ({"learning_rate": 1e-3, "epochs": 2}, {"--learning-rate": "without -m gpu", "--epochs": "without -m gpu"}),
        ({"recipe": "x.toml"}, {"--recipe": "without -m gpu"}),
        ({"seeds": (1,), "recipe": "x.toml", "epochs": 2, "trains_adapters": True}, {}),
        ({"study": "x.toml", "precision": "float32", "device": "cpu", "artifacts": "a"}, {}),
        ({"study": "x.toml", "base_model": "none"}, {"--study": "with --base-model=none"}),
        (
            {"registration": "x", "evidence": ["mine.csv"]},
            {"--registration": "without the file of a registered study, NAME.study.json, in --evidence"},
        ),
        ({"registration": "x", "evidence": ["mine.csv", "mine.study.json"]}, {}),
        ({"ray": "local", "base_model": "none"}, {"--ray": "with --base-model=none"}),
        ({"ray": "local"}, {}),
        ({"device": "cpu", "base_model": "none"}, {"--device": "with --base-model=none"}),
        ({"device": "cpu", "base_model": "none", "markexpr": "benchmark"}, {}),
        ({"seeds": (1,), "base_model": "none", "trains_adapters": True}, {"--seeds": "with --base-model=none"}),
        ({"seeds": (1,), "base_model": "none"}, {"--seeds": "without -m gpu"}),
    ],
)  # fmt: skip
def test_before_collection(given, idle):
    found = idle_options(options(**given))
    assert list(found) == list(idle)
    assert all(reason.startswith(idle[option]) for option, reason in found.items())


RESUME = SimpleNamespace(path=ROOT / KILLING_TEST, get_closest_marker=lambda _: None)
SPEED = SimpleNamespace(
    path=Path("tests/benchmarks/test_speed.py"), get_closest_marker=lambda mark: mark == "benchmark"
)


@pytest.mark.parametrize(
    ("given", "items", "claims", "idle"),
    [
        ({"kills": 3}, [RESUME], False, []),
        ({"kills": 3}, [], True, ["--kills"]),
        ({"evidence": ["x.csv"], "base_model": "toy"}, [], True, []),
        ({"evidence": ["x.csv"], "base_model": "toy"}, [], False, ["--evidence", "--base-model"]),
        ({"evidence": ["x.csv"], "base_model": "none"}, [], False, ["--evidence"]),
        ({"ray": "local"}, [RESUME], False, ["--ray"]),
        ({"seeds": (1,)}, [], False, []),
        ({"device": "cpu", "precision": "float32"}, [SPEED], False, ["--precision"]),
        ({"device": "cpu"}, [RESUME], False, ["--device"]),
    ],
)
def test_after_collection(given, items, claims, idle):
    assert [option for option, _ in idle_after_collection(options(**given), items, claims)] == idle


def test_the_test_that_kills_is_there():
    assert "kills" in (ROOT / KILLING_TEST).read_text(encoding="utf-8")
