"""Specifications are all combinations of the choices that evidence allows."""

import numpy as np
import pytest

from marker_coupling.analysis.data.categories import categories_of
from marker_coupling.analysis.data.log_odds import log_odds
from marker_coupling.analysis.decisions.specification_curve import specification_curve
from marker_coupling.analysis.decisions.study_specifications import headline_specifications

from ...simulated_study import simulated_bodies


@pytest.fixture(scope="module")
def bodies():
    return simulated_bodies("digest", personas=48)


def test_every_combination_is_there_once(bodies):
    found = [tuple(sorted(each.choices.items())) for each in headline_specifications(bodies)]
    # Base models x texts and layers x outcomes x covariates.
    assert len(found) == len(set(found)) == 2 * 5 * 3 * 3


def test_recipes_are_a_choice_where_there_are_variations(bodies):
    found = headline_specifications(bodies, recipe="original", variations={"on-policy": bodies[:1]})
    assert len(found) == 3 * 45
    assert {(each.choices["base model"], each.choices["recipe"]) for each in found} == {
        ("model-1", "original"), ("model-2", "original"), ("model-1", "on-policy")
    }  # fmt: skip
    categories = categories_of(bodies[0].categories, 48)
    curve = specification_curve(found, categories, -1, permutations=19)
    assert {choices["recipe"] for choices in curve.choices} == {"original", "on-policy"}


@pytest.mark.parametrize("measure", ["assistant", "panel"])
def test_each_is_what_its_choices_say(bodies, measure):
    body = bodies[1]
    for each in headline_specifications([body], measure):
        by_text = body.cosines[measure].mean(axis=1)
        if each.choices["layers"] == "upper half":
            texts = {"name": [0], "descriptions": [1, 2], "name and descriptions": [0, 1, 2]}
            expected = by_text[texts[each.choices["texts"]]].mean(axis=0)
        else:
            layers = body.cosines_by_layer[measure]
            expected = layers[-1] if each.choices["layers"] == "last" else layers[len(layers) // 2]
        np.testing.assert_allclose(each.predictor, expected)
        hits = body.hits[..., 0]
        outcomes = {
            "area of gating": body.gating_area,
            "forced": body.forced_log_odds[..., 0],
            "sampled": log_odds(hits, np.full(hits.shape, 100)),
        }
        np.testing.assert_allclose(each.outcome, outcomes[each.choices["outcome"]].mean(axis=1))
        assert each.covariates.shape[1] in {"nothing": (0,), "negatives, words, length": (2, 3)}.get(
            each.choices["given"], (3, 4)
        )


def test_the_curve_finds_what_was_planted(bodies):
    categories = categories_of(bodies[0].categories, 48)
    curve = specification_curve(headline_specifications(bodies), categories, -1, permutations=99)
    assert curve.median.value < -0.2
    assert curve.median.p <= 0.02
