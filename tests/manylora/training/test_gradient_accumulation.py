"""Steps are split further where memory is full, with the same result."""

import pytest
import torch

from manylora.errors import NotEnoughMemoryError
from manylora.training import training as training_module
from manylora.training.gradient_accumulation import GradientAccumulation
from manylora.training.training import train

from ..tiny_models import tiny_loaded
from .test_training import OPTIMIZATION, SHAPE, TASKS


def holding(most, tried):
    class Limited(GradientAccumulation):
        """Micro-batches that find memory full until they are small enough."""

        def _attempt(self, bank, batch, seeds, tokens):
            tried.append(tokens)
            if tokens > most:
                raise torch.OutOfMemoryError("as if")
            return super()._attempt(bank, batch, seeds, tokens)

    return Limited


def test_full_memory_is_met_by_smaller_micro_batches_with_the_same_result(monkeypatch):
    expected, tried = train(tiny_loaded(), SHAPE, OPTIMIZATION, TASKS), []
    monkeypatch.setattr(training_module, "GradientAccumulation", holding(40, tried))
    found = train(tiny_loaded(), SHAPE, OPTIMIZATION, TASKS, tokens_at_once=200)
    # Once found, the size stays.
    assert tried == [200, 100, 50] + [25] * 9
    for one, other in zip(found, expected, strict=True):
        assert one.losses == pytest.approx(other.losses, abs=1e-5)


def test_memory_that_holds_not_even_one_example_is_one_clear_error(monkeypatch):
    monkeypatch.setattr(training_module, "GradientAccumulation", holding(0, []))
    with pytest.raises(
        NotEnoughMemoryError, match=r"one example of 1\d tokens of each of 3 adapters on cpu$"
    ):
        train(tiny_loaded(), SHAPE, OPTIMIZATION, TASKS)
