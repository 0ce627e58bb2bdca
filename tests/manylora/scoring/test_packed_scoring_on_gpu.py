"""Scoring through packed blocks on a GPU gives what padded blocks give; skipped without one."""

import numpy as np
import pytest
import torch

from manylora.adapters.adapter_bank import with_adapters
from manylora.config import AdapterShape
from manylora.scoring import log_probabilities as module
from manylora.scoring.log_probabilities import attached_log_probabilities, log_probabilities

from ..test_on_gpu import exact_products, on_gpu  # noqa: F401, a fixture
from ..tiny_models import ALL_PROJECTIONS, random_adapter, tiny_loaded
from ..training.test_training import dialogues

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU that PyTorch can use")
SHAPE = AdapterShape(4, 8.0, True, 0.0, ALL_PROJECTIONS)
EXAMPLES = [dialogues(seed, count=5) for seed in (1, 2, 3)]


def scores_of(loaded, monkeypatch, packed, tokens_at_once=None):
    monkeypatch.setattr(module, "is_packable", lambda _: packed)
    adapters = [random_adapter(tiny_loaded(), SHAPE, seed, size=0.1) for seed in range(3)]
    with with_adapters(loaded, SHAPE, adapters):
        of_adapters = attached_log_probabilities(loaded, EXAMPLES, tokens_at_once=tokens_at_once)
    of_base = log_probabilities(loaded, SHAPE, [], EXAMPLES[0])
    return np.concatenate([logs for scores in (*of_adapters, *of_base) for logs in scores])


@pytest.mark.usefixtures("exact_products")
@pytest.mark.parametrize("architecture", ["llama", "qwen2", "mistral"])
@pytest.mark.parametrize("tokens_at_once", [1, 100, None])
def test_packed_scores_are_padded_ones(monkeypatch, architecture, tokens_at_once):
    loaded = on_gpu(tiny_loaded(architecture))
    packed = scores_of(loaded, monkeypatch, True, tokens_at_once)
    np.testing.assert_allclose(packed, scores_of(loaded, monkeypatch, False), atol=1e-4)


def test_few_logits_at_once_are_the_same(monkeypatch):
    loaded = on_gpu(tiny_loaded())
    expected = scores_of(loaded, monkeypatch, True)
    monkeypatch.setattr("manylora.scoring.packed_scoring.LOGITS", 300)
    np.testing.assert_allclose(scores_of(loaded, monkeypatch, True), expected, atol=1e-5)


def test_in_bfloat16_packed_scores_are_as_near_to_float32_as_padded_ones(monkeypatch):
    exact = scores_of(tiny_loaded(), monkeypatch, False)
    loaded = on_gpu(tiny_loaded(), "bfloat16")
    errors = [np.abs(scores_of(loaded, monkeypatch, packed) - exact).mean() for packed in (True, False)]
    assert errors[0] < 1.3 * errors[1] + 1e-3
