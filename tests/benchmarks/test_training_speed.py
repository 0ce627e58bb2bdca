"""K adapters trained at once against peft runs one after another, in the same run."""

from __future__ import annotations

import dataclasses
import time

import pytest
import torch

from manylora.training.training import batches, train

from .ceiling import TRAINED, utilisation
from .kernel_profile import kernels_ms
from .plain_peft import plain_training
from .random_models import QWEN, qwen_shape, random_tasks
from .study_examples import training_tasks
from .timed import timed

pytestmark = pytest.mark.benchmark


#: Steps whose kernels are listed.
PROFILED_STEPS = 6


@dataclasses.dataclass(frozen=True)
class Size:
    """How much is trained: the baseline may stop early, as it is compared by tokens a second."""

    adapters: int
    questions: int
    epochs: int
    plain_adapters: int
    plain_steps: int | None


ON_CPU = {
    "toy": Size(10, 100, 2, 10, None),
    "smollm2-135m": Size(4, 8, 1, 4, None),
}
ON_GPU = {
    "toy": Size(10, 100, 5, 1, None),
    "smollm2-135m": Size(10, 200, 3, 1, 30),
    QWEN: Size(10, 96, 1, 1, 5),
}


def tokens_of_first_step(tasks, optimization):
    """Return how many tokens of all adapters the first step has."""
    return sum(
        len(task.examples[index].tokens)
        for task in tasks
        for index in batches(len(task.examples), optimization.batch, optimization.epochs, task.seed)[0]
    )


class StepClock:
    """Tells how long all steps but the first took, without what comes before and after.

    Parameters
    ----------
    device : that is waited for
    """

    def __init__(self, device):
        self._device, self._first, self.steps_s = device, 0.0, 0.0

    def __call__(self, _, done, total):
        if done in (1, total):
            if self._device.startswith("cuda"):
                torch.cuda.synchronize()
            if done == 1:
                self._first = time.perf_counter()
            self.steps_s = time.perf_counter() - self._first


@pytest.mark.parametrize("name", ON_GPU)
def test_training(name, model, study_of, recipe_of, device, report):
    sizes = ON_GPU if device.startswith("cuda") else ON_CPU
    if name not in sizes:
        pytest.skip(f"{name} needs a GPU: --device cuda")
    size = sizes[name]
    recipe = recipe_of(name)
    if name == QWEN:
        loaded = qwen_shape(device)
        rate, examples = recipe.optimization.learning_rate, 3 * size.questions
        tasks = random_tasks(loaded.model.config.vocab_size, size.adapters, examples, rate)
    else:
        loaded = model(name)
        tasks = training_tasks(loaded, study_of(name), recipe, size.adapters, size.questions)
    optimization = dataclasses.replace(recipe.optimization, epochs=size.epochs)
    tokens = size.epochs * sum(len(one.tokens) for task in tasks for one in task.examples)
    if device.startswith("cuda"):
        # Kernels are compiled once on a machine, and libraries load theirs once in a process.
        few = [dataclasses.replace(task, examples=task.examples[: 2 * optimization.batch]) for task in tasks]
        first_s = timed(lambda: train(loaded, recipe.adapter, optimization, few), device).duration_s
    else:
        first_s = 0.0
    clock = StepClock(device)
    ours = timed(lambda: train(loaded, recipe.adapter, optimization, tasks, progress=clock), device)
    plain = timed(
        lambda: plain_training(
            loaded, recipe.adapter, optimization, tasks[: size.plain_adapters], size.plain_steps
        ),
        device,
    )
    kernels = {}
    if device.startswith("cuda"):
        one_epoch = dataclasses.replace(optimization, epochs=1)
        some = [
            dataclasses.replace(task, examples=task.examples[: PROFILED_STEPS * optimization.batch])
            for task in tasks
        ]
        kernels = kernels_ms(lambda: train(loaded, recipe.adapter, one_epoch, some), PROFILED_STEPS)
    rate, plain_rate = tokens / ours.duration_s, plain.result / plain.duration_s
    steady = (tokens - tokens_of_first_step(tasks, optimization)) / clock.steps_s
    share, ceiling = utilisation(loaded, steady, TRAINED)
    report(
        f"training-{name}",
        adapters=size.adapters,
        steps=len(ours.result[0].losses),
        tokens=tokens,
        first_two_steps_s=round(first_s, 2),
        duration_s=round(ours.duration_s, 2),
        tokens_per_s=round(rate, 1),
        steady_tokens_per_s=round(steady, 1),
        plain_tokens_per_s=round(plain_rate, 1),
        ratio=round(rate / plain_rate, 2),
        flops_utilisation=round(share, 3),
        matmul_tflops=round(ceiling / 1e12, 2),
        peak_mib=ours.peak_mib,
        plain_peak_mib=plain.peak_mib,
        kernels_ms_a_step=kernels,
    )
    assert plain.result > 0
