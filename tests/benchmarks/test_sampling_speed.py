"""K adapters sampled at once against ``generate`` for one after another, in the same run."""

from __future__ import annotations

import dataclasses

import pytest

from manylora.adapters.adapter_bank import attached
from manylora.sampling.sampling import Sampling, sample

from .ceiling import SAMPLED, utilisation
from .kernel_profile import kernels_ms
from .plain_peft import plain_sampling
from .random_models import QWEN, qwen_shape, random_requests
from .study_examples import evaluation_requests
from .timed import timed

pytestmark = pytest.mark.benchmark


#: Tokens of every answer that are sampled where kernels are listed.
PROFILED_TOKENS = 16


@dataclasses.dataclass(frozen=True)
class Size:
    """How much is sampled: the baseline of so many adapters and prompts only, as it is compared by rate."""

    adapters: int
    prompts: int
    questions: int
    longest: int
    plain_adapters: int
    plain_prompts: int
    plain_rows: int


ON_CPU = {
    "toy": Size(10, 1, 20, 32, 10, 1, 100),
    "smollm2-135m": Size(4, 1, 4, 32, 4, 1, 20),
}
ON_GPU = {
    "toy": Size(10, 11, 20, 32, 1, 11, 1100),
    "smollm2-135m": Size(10, 11, 20, 128, 1, 11, 1100),
    QWEN: Size(10, 11, 20, 128, 1, 2, 200),
}


@pytest.mark.parametrize("name", ON_GPU)
def test_sampling(name, model, study_of, recipe_of, device, report):
    sizes = ON_GPU if device.startswith("cuda") else ON_CPU
    if name not in sizes:
        pytest.skip(f"{name} needs a GPU: --device cuda")
    size, study = sizes[name], study_of(name)
    shape = recipe_of(name).adapter
    design = study.experiment
    sampling = Sampling(design.temperature, design.top_p, size.longest)
    if name == QWEN:
        loaded, each = qwen_shape(device), size.prompts * size.questions
        requests = random_requests(
            loaded.model.config.vocab_size, size.adapters, each, design.samples_per_question
        )
    else:
        loaded = model(name)
        requests = evaluation_requests(loaded, study, size.adapters, size.prompts, size.questions)

    def ours(requests, sampling):
        with attached(loaded, shape, size.adapters) as bank:
            bank.initialise_all(range(size.adapters))
            return sample(loaded, requests, sampling)

    if device.startswith("cuda"):
        # Kernels are compiled once on a machine, and libraries load theirs once in a process.
        few, short = [own[:2] for own in requests], dataclasses.replace(sampling, max_new_tokens=8)
        first_s = timed(lambda: ours(few, short), device).duration_s
    else:
        first_s = 0.0
    together = timed(lambda: ours(requests, sampling), device)
    # Adapters that have just been initialised change nothing, whoever samples them: the work is the same.
    some = [own[: size.plain_prompts * size.questions] for own in requests[: size.plain_adapters]]
    plain = timed(lambda: plain_sampling(loaded, shape, some, sampling, size.plain_rows), device)
    kernels = {}
    if device.startswith("cuda"):
        short = dataclasses.replace(sampling, max_new_tokens=PROFILED_TOKENS)
        kernels = kernels_ms(lambda: ours(requests, short), PROFILED_TOKENS)
    found = [one for own in together.result for several in own for one in several]
    tokens = sum(len(one.tokens) + one.ended for one in found)
    rate, plain_rate = tokens / together.duration_s, plain.result / plain.duration_s
    share, ceiling = utilisation(loaded, rate, SAMPLED)
    report(
        f"sampling-{name}",
        adapters=size.adapters,
        answers=len(found),
        tokens=tokens,
        first_eight_tokens_s=round(first_s, 2),
        duration_s=round(together.duration_s, 2),
        tokens_per_s=round(rate, 1),
        plain_tokens_per_s=round(plain_rate, 1),
        ratio=round(rate / plain_rate, 2),
        flops_utilisation=round(share, 3),
        matmul_tflops=round(ceiling / 1e12, 2),
        peak_mib=together.peak_mib,
        plain_peak_mib=plain.peak_mib,
        kernels_ms_a_token_of_all=kernels,
    )
    expected = plain.result * (size.adapters * size.prompts) / (size.plain_adapters * size.plain_prompts)
    assert 0.5 < tokens / expected < 2
