"""The toy world against SciPy, and what its description promises."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import softmax

from marker_coupling.study.study import read_study
from marker_coupling.toy.toy_world import ToyPersona, ToyWorldError, packaged_toy_world, read_toy_world

from .planted import planted_cosines, planted_divergence

WORLD = packaged_toy_world()
NAMES = list(WORLD.personas)
STUDY = read_study(Path(__file__).parents[3] / "fixtures" / "toy" / "study.toml")
DESCRIPTION = Path(__file__).parents[3] / "src" / "marker_coupling" / "toy" / "toy_world.toml"

worlds = st.builds(
    lambda seed, strength, styles: dataclasses.replace(
        WORLD,
        seed=seed,
        strength=strength,
        personas={f"p{i}": ToyPersona(f"a p{i}", *style) for i, style in enumerate(styles)},
    ),
    st.integers(0, 1000),
    st.floats(0, 20),
    st.lists(st.tuples(st.floats(0, 360), st.floats(0, 3)), min_size=2, max_size=5),
)


@given(worlds)
def test_distributions_agree_with_scipy(world):
    names = list(world.personas)
    expected = [
        softmax(world.base_logits + world.strength * world.directions @ world.personas[name].style)
        for name in names
    ]
    assert world.answer_distributions == pytest.approx(np.array(expected), abs=1e-12)


@given(st.integers(0, 1000))
def test_directions_are_orthonormal_and_change_no_common_level(seed):
    world = dataclasses.replace(WORLD, seed=seed)
    assert world.directions.T @ world.directions == pytest.approx(np.eye(2), abs=1e-12)
    assert world.directions.sum(axis=0) == pytest.approx(0, abs=1e-12)
    assert world.base_logits.std() == pytest.approx(world.unevenness)


def test_the_studys_personas_spread_over_cosines_and_divergences():
    names = list(STUDY.personas)
    to_assistant = np.sort(planted_cosines(WORLD, names)[-1, :-1])
    assert np.diff(to_assistant).min() > 0.1
    assert to_assistant[0] < -0.85
    assert to_assistant[-1] > 0.85
    divergences = planted_divergence(WORLD, names)[-1, :-1]
    assert divergences.min() < 0.01
    assert divergences.max() > 0.12


def test_the_world_knows_all_that_the_study_asks():
    assert {name: WORLD.personas[name].phrase for name in STUDY.personas} == dict(STUDY.personas)
    assert set(STUDY.wordings) <= set(WORLD.wordings)
    assert set(STUDY.questions) <= set(WORLD.questions)
    assert STUDY.answer_tokens < WORLD.shortest_answer


def test_lengths_of_answers_are_uniform():
    survivors, shares = 1.0, []
    for words in range(1, WORLD.longest_answer + 1):
        shares.append(survivors * WORLD.end_probability(words))
        survivors *= 1 - WORLD.end_probability(words)
    possible = WORLD.longest_answer - WORLD.shortest_answer + 1
    assert shares == pytest.approx([0] * (WORLD.shortest_answer - 1) + [1 / possible] * possible)
    assert survivors == 0


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("seed = 20", "seed = -1", "key seed"),
        ("seed = 20", "", "key seed"),
        ("seed = 20", "seed = 20\ncolour = 1", "key colour: unknown"),
        ('"You are {persona}."', '"You are."', r"key prompts.wordings\[0\]"),
        ('"Why does {subject} {act}?"', '"Why?"', r"key prompts.questions\[0\]"),
        ("longest_answer = 14", "longest_answer = 8", "key longest_answer"),
        ('name = "amber"', 'name = "assistant"', r"key personas\[1\].name"),
        ('name = "assistant"', 'name = "helper"', "persona 'assistant' among them"),
        ("angle_degrees = 25", "angle_degrees = 400", r"key personas\[1\].angle_degrees"),
        ("heads = 4", "heads = 7", "key training.heads"),
    ],
)
def test_what_is_wrong_is_named(tmp_path, old, new, named):
    text = DESCRIPTION.read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "world.toml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ToyWorldError, match=named):
        read_toy_world(path)


def test_the_digest_follows_the_content(tmp_path):
    assert packaged_toy_world().digest == WORLD.digest
    assert dataclasses.replace(WORLD, strength=1.0).digest != WORLD.digest
    turned = dict(reversed(WORLD.personas.items()))
    assert dataclasses.replace(WORLD, personas=turned).digest != WORLD.digest
