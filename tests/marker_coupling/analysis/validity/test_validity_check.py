import numpy as np
import pytest
from scipy import stats

from marker_coupling.analysis.data.arrays import AnalysisError
from marker_coupling.analysis.validity.descriptions import agreement_between_descriptions
from marker_coupling.analysis.validity.retrieval import nearest_names
from marker_coupling.analysis.validity.validity_check import CalibrationGeometry, check_validity

TEXTS, WORDINGS, N, LAYERS, BLOCKS = 3, 5, 24, 5, 4


def geometry(seed, persona=1.0, words=0.0, wording_noise=0.3, width=40):
    """Prompts as vectors: the persona's part is shared by its texts, the words' part is each text's own.

    The deeper half of the layers holds the persona, the shallower half the words only.
    """
    generator = np.random.default_rng(seed)
    personas = generator.normal(size=(N, width))
    texts = generator.normal(size=(TEXTS, N, width))
    assistant = generator.normal(size=width)
    wordings = generator.normal(size=(TEXTS, WORDINGS, N, width))
    states = np.stack(
        [
            (persona if 2 * layer > BLOCKS else 0.0) * personas[None, None]
            + (words if 2 * layer > BLOCKS else 1.0) * texts[:, None]
            + wording_noise * wordings
            for layer in range(LAYERS)
        ]
    )  # (L, T, W, N, width)

    def unit(vectors):
        return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)

    centroids = unit(states.mean(axis=2))
    return CalibrationGeometry(
        cosines=unit(states) @ unit(assistant),
        similarity=np.einsum("ldiw,ljw->ldij", centroids[:, 1:], centroids[:, 0]),
        lexical_cosine=unit(texts) @ unit(assistant),
        tokens=generator.integers(5, 30, size=(TEXTS, N)),
        layers=tuple(range(LAYERS)),
        blocks=BLOCKS,
    )


def test_a_measure_that_sees_personas_is_valid():
    found = check_validity(geometry(0), permutations=200)
    assert found.failures == ()
    assert found.agreement.value > 0.8
    assert found.agreement.p == pytest.approx(1 / 201)
    assert found.retrieval.share > 0.95
    assert found.reliability.mean > 0.9
    # Layers that hold words only agree on nothing.
    assert np.abs(found.agreement.by_layer[:3]).max() < 0.5 < found.agreement.by_layer[3:].min()


def test_a_measure_that_sees_words_is_reliable_and_not_valid():
    found = check_validity(geometry(0, persona=0.0, words=1.0), permutations=200)
    assert found.reliability.mean > 0.9
    text = " ".join(found.failures)
    assert "descriptions agree at" in text
    assert "nearest their own name" in text
    assert "reliability" not in text


def test_a_measure_that_changes_with_the_wording_says_so():
    found = check_validity(geometry(0, wording_noise=6.0), permutations=100)
    assert any("reliability over wordings" in failure for failure in found.failures)


def test_without_a_persona_agreement_exceeds_chance_as_often_as_its_quantile_says():
    generator = np.random.default_rng(0)
    exceeded = 0
    for _ in range(100):
        layers = generator.normal(size=(4, 2, 12))
        found = agreement_between_descriptions(
            layers[0],
            layers,
            generator.normal(size=(2, 12)),
            generator.integers(5, 20, size=(2, 12)),
            permutations=99,
        )
        exceeded += found.value > found.chance
        assert found.least_pair == pytest.approx(np.corrcoef(layers[0])[0, 1])
    assert exceeded <= 8  # one layer of four is looked at: well below 5%


def test_what_words_explain_is_no_agreement():
    generator = np.random.default_rng(0)
    bounds, partial = [], []
    for _ in range(40):
        words = generator.normal(size=60) + 0.2 * generator.normal(size=(2, 60))
        scores = words + 0.2 * generator.normal(size=(2, 60))
        tokens = generator.integers(5, 30, size=(2, 60))
        found = agreement_between_descriptions(scores, scores[None], words, tokens, permutations=9)
        assert found.value > 0.8
        partial.append(found.partial)
        bounds.append(found.partial_low)
    assert abs(np.mean(partial)) < 4 * np.std(partial) / np.sqrt(40)
    # A 95% bound, one-sided: above 0 in one study of twenty.
    assert stats.binom.sf(np.sum(np.array(bounds) > 0) - 1, 40, 0.05) > 1e-3


def test_retrieval_counts_by_hand():
    similarity = np.array([[[3.0, 1, 0], [0, 2, 1], [5, 5, 5]], [[0, 1, 0], [0, 2, 1], [0, 0, 9]]])
    found = nearest_names(similarity, permutations=5000)
    assert (found.hits, found.descriptions) == (4, 6)  # a tie is no hit
    assert found.p_binomial == pytest.approx(stats.binom.sf(3, 6, 1 / 3))
    # Of the six orders of three names one keeps all four hits, and none has more.
    assert found.p_permutation == pytest.approx(1 / 6, abs=0.02)
    assert found.low < found.share == pytest.approx(2 / 3)


def test_descriptions_of_one_persona_are_no_independent_draws():
    """Two copies of one description: the permutation p stays, the binomial p does not know better."""
    similarity = np.random.default_rng(5).normal(size=(1, 8, 8)) + np.eye(8)
    once, twice = nearest_names(similarity), nearest_names(np.repeat(similarity, 2, axis=0))
    assert twice.p_permutation == pytest.approx(once.p_permutation)
    assert twice.p_binomial < once.p_binomial


def test_shapes_are_checked():
    good = geometry(0)
    with pytest.raises(AnalysisError, match="similarity: expected shape"):
        CalibrationGeometry(
            good.cosines, good.similarity[:, :1], good.lexical_cosine, good.tokens, good.layers, good.blocks
        )
    with pytest.raises(AnalysisError, match="at least 2 texts"):
        CalibrationGeometry(
            good.cosines[:, :1], good.similarity, good.lexical_cosine, good.tokens, good.layers, good.blocks
        )
    with pytest.raises(AnalysisError, match="similarity: expected"):
        nearest_names(np.zeros((1, 2, 3)))
