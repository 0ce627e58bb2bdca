"""On a GPU everything is what it is on a CPU, within what the order of additions changes; skipped without one."""

import dataclasses

import numpy as np
import pytest
import torch

from manylora import Engine
from manylora.adapters.adapter_dropout import AdapterDropout, token_keys
from manylora.chats.chat import TokenizedChat
from manylora.config import AdapterShape
from manylora.errors import NotEnoughMemoryError
from manylora.packing.cuda_graphs import CudaGraphs
from manylora.sampling.sampling import Sampling
from manylora.scoring.teacher_forcing import forced_pass
from manylora.training.gradient_accumulation import GradientAccumulation
from manylora.training.training import train
from marker_coupling.measures.marker_probability import marker_probabilities

from ..marker_coupling.tiny_experiment import RECIPE, STUDY, tiny_base, tiny_experiment
from .sampling.test_sampling import requests, sampled
from .tiny_models import ALL_PROJECTIONS, ARCHITECTURES, random_adapter, save_tiny, tiny_loaded
from .training.test_training import OPTIMIZATION, SHAPE, TASKS, dialogues

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU that PyTorch can use")
DROPPED = AdapterShape(4, 8.0, True, 0.3, ALL_PROJECTIONS)
MARKED = [TokenizedChat((5, 6, 7, 8, 9), 3), TokenizedChat((5, 6, 7), 2)]


def on_gpu(loaded, precision="float32", device="cuda"):
    model = loaded.model.to(device, getattr(torch, precision))
    return dataclasses.replace(loaded, model=model, precision=precision)


def same_bits(first, second):
    """Assert that two trainings ended in the same adapters after the same losses."""
    for one, other in zip(first, second, strict=True):
        assert (one.losses == other.losses).all()
        assert all(torch.equal(tensor, other.weights.up[name]) for name, tensor in one.weights.up.items())


@pytest.fixture(autouse=True)
def exact_products():
    """Products in float32 are rounded to fewer bits where that is allowed."""
    allowed = torch.backends.cuda.matmul.allow_tf32
    torch.backends.cuda.matmul.allow_tf32 = False
    yield
    torch.backends.cuda.matmul.allow_tf32 = allowed


@pytest.mark.parametrize("shape", [SHAPE, DROPPED], ids=["no dropout", "dropout"])
@pytest.mark.parametrize("architecture", sorted(ARCHITECTURES))
def test_adapters_are_trained_as_on_a_cpu(architecture, shape):
    expected = train(tiny_loaded(architecture), shape, OPTIMIZATION, TASKS)
    found = train(on_gpu(tiny_loaded(architecture)), shape, OPTIMIZATION, TASKS)
    for one, other in zip(found, expected, strict=True):
        assert one.losses == pytest.approx(other.losses, abs=1e-4)
        for name, tensor in other.weights.up.items():
            torch.testing.assert_close(one.weights.up[name], tensor, atol=1e-3, rtol=0)


def test_training_twice_gives_the_same_bits():
    same_bits(*(train(on_gpu(tiny_loaded(), "bfloat16"), DROPPED, OPTIMIZATION, TASKS) for _ in range(2)))


def test_in_bfloat16_it_learns_what_float32_learns():
    longer = dataclasses.replace(OPTIMIZATION, epochs=12, clip_norm=10.0)
    exact = train(on_gpu(tiny_loaded()), SHAPE, longer, TASKS)
    found = train(on_gpu(tiny_loaded(), "bfloat16"), SHAPE, longer, TASKS)
    for one, other in zip(found, exact, strict=True):
        np.testing.assert_allclose(one.losses, other.losses, atol=0.1)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_the_same_inputs_are_dropped(dtype):
    inputs = torch.randn(3, 2, 50, 70).to(dtype).requires_grad_()
    keys = token_keys([[(adapter, row) for row in range(2)] for adapter in range(3)], 50)
    outcomes = []
    for device in ("cpu", "cuda"):
        dropout = AdapterDropout(0.3)
        dropout.token_keys = keys.to(device)
        given = inputs.detach().to(device).requires_grad_()
        dropped = dropout(given, 5)
        dropped.float().square().sum().backward()
        outcomes.append((dropped.detach().cpu(), given.grad.cpu()))
    assert 0.25 < (outcomes[0][0] == 0).float().mean() < 0.35
    for of_cpu, of_gpu in zip(*outcomes, strict=True):
        assert torch.equal(of_cpu, of_gpu)


@pytest.mark.parametrize("architecture", sorted(ARCHITECTURES))
def test_greedy_answers_are_those_of_a_cpu(architecture):
    adapters = [random_adapter(tiny_loaded(architecture), SHAPE, seed) for seed in range(3)]
    asked, greedy = [requests(k) for k in range(3)], Sampling(1.0, 1e-9, 12)
    expected = sampled(tiny_loaded(architecture), adapters, asked, greedy)
    assert sampled(on_gpu(tiny_loaded(architecture)), adapters, asked, greedy) == expected


@pytest.mark.skipif(torch.cuda.device_count() < 2, reason="no second GPU")
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_another_gpu_than_the_current_one_gives_the_same_bits(precision):
    outcomes = []
    for device in ("cuda:0", "cuda:1"):
        loaded = on_gpu(tiny_loaded(), precision, device)
        trained = train(loaded, DROPPED, OPTIMIZATION, TASKS)
        adapters = [random_adapter(tiny_loaded(), SHAPE, seed, size=0.15) for seed in range(3)]
        asked, free = [requests(k) for k in range(3)], Sampling(0.9, 0.95, 12)
        answers = sampled(loaded, adapters, asked, free)
        probabilities = marker_probabilities(loaded, SHAPE, adapters, MARKED)
        outcomes.append((trained, answers, probabilities))
        assert torch.cuda.current_device() == 0
    (of_first, *found_first), (of_second, *found_second) = outcomes
    same_bits(of_first, of_second)
    assert found_first[0] == found_second[0]
    np.testing.assert_array_equal(found_first[1], found_second[1])


@pytest.mark.parametrize("rows_at_once", [1, 6, 1000])
def test_answers_do_not_depend_on_what_is_sampled_beside_them(rows_at_once):
    adapters = [random_adapter(tiny_loaded("qwen2"), SHAPE, seed, size=0.15) for seed in range(3)]
    asked, free = [requests(k) for k in range(3)], Sampling(0.9, 0.95, 12)
    expected = sampled(tiny_loaded("qwen2"), adapters, asked, free)
    found = sampled(on_gpu(tiny_loaded("qwen2")), adapters, asked, free, rows_at_once=rows_at_once)
    assert found == expected


def test_states_distributions_and_marker_probabilities_are_those_of_a_cpu():
    of_cpu, of_gpu = tiny_loaded(), on_gpu(tiny_loaded())
    prompts, answers = [[5, 6, 7], [5, 6, 8, 9]], [[10, 11], [12]]
    expected, found = (forced_pass(one, prompts, answers) for one in (of_cpu, of_gpu))
    torch.testing.assert_close(found.states, expected.states, atol=1e-4, rtol=1e-4)
    for one, other in zip(found.log_probabilities, expected.log_probabilities, strict=True):
        torch.testing.assert_close(one.cpu(), other, atol=1e-4, rtol=1e-4)
    adapters = [random_adapter(of_cpu, SHAPE, seed) for seed in range(2)]
    probabilities = [marker_probabilities(one, SHAPE, adapters, MARKED) for one in (of_cpu, of_gpu)]
    np.testing.assert_allclose(probabilities[1], probabilities[0], rtol=1e-3)


@pytest.mark.parametrize("is_set_up", [False, True])
def test_captured_calls_return_what_the_function_returns(is_set_up):
    weight = torch.randn(8, 8, device="cuda")
    weight @ weight
    captured = CudaGraphs(lambda inputs: (inputs @ weight).relu(), is_set_up)
    for size in (3, 3, 3, 5, 3, 5, 5):
        inputs = torch.randn(size, 8, device="cuda")
        torch.testing.assert_close(captured(inputs), (inputs @ weight).relu())


class FailsAtFirst(GradientAccumulation):
    """Passes that find memory full until they are small enough."""

    def _attempt(self, bank, batch, seeds, tokens):
        if tokens > 40:
            raise torch.OutOfMemoryError("as if")
        return super()._attempt(bank, batch, seeds, tokens)


def test_full_memory_is_met_by_smaller_passes_with_the_same_result(monkeypatch):
    expected = train(on_gpu(tiny_loaded()), DROPPED, OPTIMIZATION, TASKS)
    monkeypatch.setattr("manylora.training.training.GradientAccumulation", FailsAtFirst)
    found = train(on_gpu(tiny_loaded()), DROPPED, OPTIMIZATION, TASKS, tokens_at_once=1000)
    for one, other in zip(found, expected, strict=True):
        assert one.losses == pytest.approx(other.losses, abs=1e-4)


def test_memory_that_holds_not_even_one_example_is_one_clear_error(monkeypatch):
    class AlwaysFull(GradientAccumulation):
        def _attempt(self, bank, batch, seeds, tokens):
            raise torch.OutOfMemoryError("as if")

    monkeypatch.setattr("manylora.training.training.GradientAccumulation", AlwaysFull)
    with pytest.raises(NotEnoughMemoryError, match=r"one example of \d+ tokens of each of 3 adapters"):
        train(on_gpu(tiny_loaded()), SHAPE, OPTIMIZATION, TASKS)


def test_more_than_memory_holds_is_met_by_smaller_passes():
    """All examples at once would take near a gibibyte; an eighth of it is allowed."""
    loaded = on_gpu(tiny_loaded())
    tasks = [dataclasses.replace(one, examples=dialogues(one.seed, 64, 400)) for one in TASKS]
    optimization = dataclasses.replace(OPTIMIZATION, batch=64)
    expected = train(loaded, SHAPE, optimization, tasks, tokens_at_once=2000)
    torch.cuda.empty_cache()
    whole = torch.cuda.get_device_properties(0).total_memory
    torch.cuda.set_per_process_memory_fraction((torch.cuda.memory_reserved() + (128 << 20)) / whole)
    try:
        found = train(loaded, SHAPE, optimization, tasks, tokens_at_once=1_000_000)
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)
    for one, other in zip(found, expected, strict=True):
        assert one.losses == pytest.approx(other.losses, abs=1e-4)


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_an_engine_trains_samples_and_scores_a_model_from_a_directory(precision, tmp_path):
    shape, directory = AdapterShape(4, 8.0, projections=ALL_PROJECTIONS), save_tiny(tmp_path / "tiny")
    engine, on_cpu = (
        Engine(directory, shape, device=device, precision=of_device, memory_share=0.5)
        for device, of_device in (("cuda", precision), ("cpu", "float32"))
    )
    adapters = [adapter.weights for adapter in engine.train(TASKS, OPTIMIZATION)]
    answers = engine.sample(adapters, [(5, 6, 7), (8, 9)], Sampling(0.9, 0.95, 8), samples=2)
    assert [[len(completions) for completions in of_adapter] for of_adapter in answers] == [[2, 2]] * 3
    found, expected = (each.log_probabilities(adapters, TASKS[0].examples) for each in (engine, on_cpu))
    for of_gpu, of_cpu in zip(found, expected, strict=True):
        for scores, others in zip(of_gpu, of_cpu, strict=True):
            np.testing.assert_allclose(scores, others, atol=1e-3 if precision == "float32" else 0.5)


def test_an_experiment_is_the_same_twice(tmp_path):
    base = tiny_base(tmp_path / "model")
    first, second = (
        tiny_experiment(base, tmp_path / name, STUDY, RECIPE, device="cuda", precision="float32").evidence(1)
        for name in ("first", "second")
    )
    assert first.sha256 == second.sha256


def test_an_experiment_is_that_of_a_cpu(tmp_path):
    """Probe, JS and forced probabilities; answers that are drawn differ where two tokens are nearly tied."""
    base = tiny_base(tmp_path / "model")
    of_cpu, of_gpu = (
        tiny_experiment(base, tmp_path / device, STUDY, RECIPE, device=device, precision="float32").evidence(
            1
        )
        for device in ("cpu", "cuda")
    )
    np.testing.assert_allclose(of_gpu.cosine_to_assistant, of_cpu.cosine_to_assistant, atol=1e-4)
    np.testing.assert_allclose(of_gpu.js_to_assistant, of_cpu.js_to_assistant, atol=1e-5)
    np.testing.assert_allclose(of_gpu.marker_probability, of_cpu.marker_probability, rtol=0.05, atol=1e-12)
