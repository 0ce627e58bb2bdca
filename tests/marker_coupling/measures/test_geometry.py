import numpy as np
import pytest
import scipy.spatial.distance
from hypothesis import given
from hypothesis import strategies as st

from marker_coupling.measures.geometry import (
    DegenerateGeometryError,
    centred_cosine,
    composite_layers,
    resampled_cosine,
)
from marker_coupling.measures.measurement import draw, sources_distance_to_others

SEEDS = st.integers(0, 10_000)


def points(seed, *shape):
    return np.random.default_rng(seed).normal(size=shape)


@given(st.integers(1, 200))
def test_the_composite_s_layers_are_those_behind_the_middle(blocks):
    assert list(composite_layers(blocks)) == [k for k in range(blocks + 1) if 2 * k > blocks]


@given(SEEDS, st.integers(3, 8))
def test_it_is_scipy_s_cosine_of_what_is_left_of_the_mean(seed, prompts):
    centroids = points(seed, prompts, 6)
    centred = centroids - centroids.mean(axis=0)
    expected = 1 - scipy.spatial.distance.squareform(scipy.spatial.distance.pdist(centred, "cosine"))
    assert centred_cosine(centroids, range(prompts)) == pytest.approx(expected, abs=1e-9)


@given(SEEDS, st.floats(0.01, 100), st.integers(0, 100))
def test_a_common_shift_or_scale_changes_nothing(seed, scale, shift_seed):
    centroids = points(seed, 2, 5, 6)
    found = centred_cosine(centroids, range(5))
    changed = centred_cosine(scale * (centroids + 10 * points(shift_seed, 6)), range(5))
    assert changed == pytest.approx(found, abs=1e-6)
    assert found == pytest.approx(np.swapaxes(found, -1, -2))
    assert (np.abs(found) <= 1).all()
    assert np.diagonal(found, axis1=-2, axis2=-1) == pytest.approx(1)


@given(SEEDS, st.permutations(range(5)))
def test_order_of_prompts_changes_nothing_but_order(seed, order):
    centroids = points(seed, 5, 6)
    found = centred_cosine(centroids, range(5))
    assert centred_cosine(centroids[order], range(5)) == pytest.approx(found[np.ix_(order, order)], abs=1e-9)


def test_the_mean_is_that_of_the_named_prompts():
    centroids = np.array([[1.0, 0.0], [-1.0, 0.0], [5.0, 5.0]])
    found = centred_cosine(centroids, [0, 1])
    assert found[0, 1] == pytest.approx(-1)
    assert found[0, 2] == pytest.approx(np.sqrt(0.5))


@pytest.mark.parametrize(
    "centroids", [np.ones((4, 3)), np.full((4, 3), np.nan), [[1.0, 1], [-1, -1], [0, 0]]]
)
def test_an_undefined_direction_is_refused(centroids):
    with pytest.raises(DegenerateGeometryError):
        centred_cosine(np.asarray(centroids), range(len(centroids)))


@given(SEEDS, st.integers(3, 6), st.integers(2, 7), st.sampled_from([0, 1, 100]))
def test_resampled_cosines_are_those_of_resampled_centroids(seed, prompts, questions, shift):
    # More resamples than are weighted at once; states that lie close together and far from the origin.
    states = (points(seed, 2, prompts, questions, 5) + shift).astype(np.float32)
    weights = draw(130, 2, questions, seed).questions
    centroids = np.stack([np.average(states, axis=2, weights=one) for one in weights])
    expected = centred_cosine(centroids, range(prompts))
    assert resampled_cosine(states, weights, range(prompts)) == pytest.approx(expected, abs=1e-9)
    some = [prompts - 1, 0]
    assert resampled_cosine(states, weights, some) == pytest.approx(expected[..., some], abs=1e-9)


def test_every_question_counts_as_it_was_drawn():
    states = points(3, 4, 3, 6)
    alone = np.eye(3)
    expected = [centred_cosine(states[:, question], range(4)) for question in range(3)]
    assert resampled_cosine(states, alone, range(4)) == pytest.approx(np.stack(expected), abs=1e-9)


def with_values(states, where, value):
    states[where] = value
    return states


@pytest.mark.parametrize(
    "states",
    [
        np.zeros((4, 2, 3)),
        np.full((4, 2, 3), 0.1),
        np.broadcast_to(points(1, 1, 2, 3), (4, 2, 3)),
        with_values(points(2, 4, 2, 3), (1, 0), np.nan),
        with_values(points(2, 4, 2, 3), (1, 0), np.inf),
    ],
    ids=["nothing", "one number", "one prompt", "not a number", "infinite"],
)
def test_an_undefined_direction_of_any_resample_is_refused(states):
    with pytest.raises(DegenerateGeometryError):
        resampled_cosine(states, np.array([[0.5, 0.5], [0.0, 1.0]]), range(4))


def test_a_prompt_that_is_the_mean_in_the_questions_drawn_is_refused():
    states = points(4, 3, 2, 6) + 10
    states[1, 0] = (states[0, 0] + states[2, 0]) / 2
    assert np.isfinite(resampled_cosine(states, np.array([[0.5, 0.5]]), [0])).all()
    with pytest.raises(DegenerateGeometryError, match="equals the mean"):
        resampled_cosine(states, np.array([[0.5, 0.5], [1.0, 0.0]]), [0])


@given(SEEDS)
def test_deviations_of_drawn_questions_that_cancel_are_refused(seed):
    # The second question tells every prompt apart the other way round.
    first = points(seed, 3, 1, 6)
    states = 5 + np.concatenate([first, -first], axis=1)
    assert np.isfinite(resampled_cosine(states, np.array([[1.0, 0.0]]), [0])).all()
    with pytest.raises(DegenerateGeometryError, match="equals the mean"):
        resampled_cosine(states, np.array([[0.5, 0.5]]), [0])


@given(SEEDS, st.integers(3, 8))
def test_distance_to_other_sources_leaves_out_oneself_and_the_assistant(seed, n):
    cosines = centred_cosine(points(seed, n + 1, 6), range(n + 1))
    expected = [np.mean([1 - cosines[i, j] for j in range(n) if j != i]) for i in range(n)]
    assert sources_distance_to_others(cosines) == pytest.approx(expected)
