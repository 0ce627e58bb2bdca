"""Distances of sources to each other over layers, against a plain loop on made hidden states."""

import numpy as np
import pytest

from marker_coupling.measures.geometry import centred_cosine
from marker_coupling.measures.measurement import ModelMeasurement, draw
from marker_coupling.measures.persona_distances import persona_distances

BLOCKS, WORDINGS, QUESTIONS, WIDTH = 5, 3, 4, 12


@pytest.fixture
def measurement(study):
    """States of which source 0 stands apart in the upper layers, and source 1 is nearest to source 2."""
    generator = np.random.default_rng(0)
    personas = len(study.personas)
    base = generator.normal(size=(personas, 1, BLOCKS + 1, WIDTH))
    base[1] = base[2] + 0.2 * base[1]
    base[0, :, 3:] += 6
    shape = (WORDINGS, personas, QUESTIONS, BLOCKS + 1, WIDTH)
    states = (base + 0.1 * generator.normal(size=shape)).astype(np.float32)
    return ModelMeasurement(
        study, "made", "f", "float32", "cpu", states, np.zeros((WORDINGS, personas, personas, QUESTIONS)),
        np.ones((WORDINGS, personas), dtype=np.int64), (), "made",
    )  # fmt: skip


def plain(states, sources):
    """Mean of one less the cosine to every other source, averaged over wordings."""
    cosines = np.mean([centred_cosine(of_wording, range(len(of_wording))) for of_wording in states], axis=0)
    return [np.mean([1 - cosines[a, b] for b in range(sources) if b != a]) for a in range(sources)], cosines


def test_distances_and_neighbours_are_those_of_a_plain_loop(measurement):
    found = persona_distances(measurement, resamples=8)
    sources = len(measurement.study.sources)
    upper = []
    for row, layer in enumerate(range(1, BLOCKS + 1)):
        distances, cosines = plain(measurement.states[:, :, :, layer].mean(axis=2, dtype=float), sources)
        assert found.distances[row] == pytest.approx(distances, abs=1e-9)
        if 2 * layer > BLOCKS:
            upper.append(cosines)
    assert found.layers.tolist() == [1, 2, 3, 4, 5]
    assert found.upper.tolist() == [False, False, True, True, True]
    mean = np.mean(upper, axis=0)
    expected = sorted((other for other in range(sources) if other != 1), key=lambda other: -mean[1, other])
    assert [other for other, _ in found.nearest(1)] == expected
    assert found.nearest(1)[0][0] == 2
    assert found.nearest(1)[0][1] == pytest.approx(mean[1, 2])


def test_ranks_count_from_the_farthest(measurement):
    found = persona_distances(measurement, resamples=8)
    ranks, resampled = found.ranks(0)
    order = np.argsort(-found.distances, axis=1)
    assert ranks.tolist() == [1 + int(np.flatnonzero(row == 0)[0]) for row in order]
    assert (ranks[found.upper] == 1).all()
    assert resampled.shape == (8, BLOCKS)


def test_resamples_are_of_wordings_and_questions(measurement):
    found = persona_distances(measurement, resamples=8)
    draws = draw(8, WORDINGS, QUESTIONS, measurement.study.seed)
    sources, personas = len(measurement.study.sources), len(measurement.study.personas)
    states = measurement.states[:, :, :, 4].astype(float)
    for row in range(8):
        centroids = np.einsum("q,wpqd->wpd", draws.questions[row], states)
        cosines = [centred_cosine(of_wording, range(personas)) for of_wording in centroids]
        cosine = np.einsum("w,wij->ij", draws.wordings[row], cosines)
        expected = [np.mean([1 - cosine[a, b] for b in range(sources) if b != a]) for a in range(sources)]
        assert found.resampled[row, 3] == pytest.approx(expected, abs=1e-6)
