"""K adapters sampled at once against ``generate`` for one after another, in the same run."""

from __future__ import annotations

import dataclasses

import pytest
import torch

from marker_coupling.adapters import attached
from marker_coupling.cells import prompted
from marker_coupling.marker_counts import asked_as
from marker_coupling.recipe import read_recipe
from marker_coupling.sampling import Request, Sampling, sample

from .plain_peft import plain_sampling
from .timed import timed

pytestmark = pytest.mark.benchmark


@dataclasses.dataclass(frozen=True)
class Size:
    """How much is sampled: the baseline of so many adapters only, as it is compared by tokens a second."""

    recipe: str
    adapters: int
    prompts: int
    questions: int
    longest: int
    plain_adapters: int
    plain_rows: int


ON_CPU = {
    "toy": Size("toy", 10, 1, 20, 32, 10, 100),
    "smollm2-135m": Size("original", 4, 1, 4, 32, 4, 20),
}
ON_GPU = {
    "toy": Size("toy", 10, 11, 20, 32, 1, 1100),
    "smollm2-135m": Size("original", 10, 11, 20, 128, 1, 1100),
}


@pytest.mark.parametrize("name", ON_GPU)
def test_sampling(name, model, study_of, device, report, pytestconfig):
    size = (ON_GPU if device.startswith("cuda") else ON_CPU)[name]
    loaded, study = model(name), study_of(name)
    shape = read_recipe(pytestconfig.rootpath / f"fixtures/recipes/{size.recipe}.toml").adapter
    design = study.experiment
    sampling = Sampling(design.temperature, design.top_p, size.longest)
    requests = [
        [
            Request(one.tokens, design.samples_per_question, one.seed)
            for persona in prompted(study)[: size.prompts]
            for one in asked_as(loaded, study, persona, who)[: size.questions]
        ]
        for who in study.sources[: size.adapters]
    ]

    def ours():
        with attached(loaded, shape, size.adapters) as bank:
            for adapter in range(size.adapters):
                bank.initialise(adapter, torch.Generator().manual_seed(adapter))
            return sample(loaded, requests, sampling)

    together = timed(ours, device)
    # Adapters that have just been initialised change nothing, whoever samples them: the work is the same.
    plain = timed(
        lambda: plain_sampling(loaded, shape, requests[: size.plain_adapters], sampling, size.plain_rows),
        device,
    )
    found = [one for own in together.result for several in own for one in several]
    tokens = sum(len(one.tokens) + one.ended for one in found)
    rate, plain_rate = tokens / together.duration_s, plain.result / plain.duration_s
    report(
        f"sampling-{name}",
        adapters=size.adapters,
        answers=len(found),
        tokens=tokens,
        tokens_per_s=round(rate, 1),
        plain_tokens_per_s=round(plain_rate, 1),
        ratio=round(rate / plain_rate, 2),
        peak_mib=together.peak_mib,
        plain_peak_mib=plain.peak_mib,
    )
    expected = plain.result * size.adapters / size.plain_adapters
    assert 0.5 < tokens / expected < 2
