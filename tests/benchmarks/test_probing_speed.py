"""SmolLM2's geometry and divergence, one wording, against a plain loop over prompts in the same run."""

from __future__ import annotations

import json
import platform
import resource
import time

import numpy as np
import pytest
import torch

from manylora.loading import load
from manylora.sampling.padded_decoding import greedy_answers
from manylora.scoring.teacher_forcing import forced_pass
from marker_coupling.measures.divergence import pairwise_divergence
from marker_coupling.measures.geometry import centred_cosine
from marker_coupling.pipeline.plan.base_models import find_base_model
from marker_coupling.store.artifacts import ArtifactStore, default_root
from marker_coupling.study.study import read_study

pytestmark = pytest.mark.benchmark


@pytest.fixture(scope="module", params=["float32", "bfloat16"])
def loaded(request):
    return load(find_base_model("smollm2-135m", ArtifactStore(default_root())), request.param)


@pytest.fixture(scope="module")
def study(pytestconfig):
    return read_study(pytestconfig.rootpath / "fixtures/study.toml")


@pytest.fixture(scope="module")
def prompts(loaded, study):
    """Token sequences by persona and question, in one wording."""
    wording = study.wordings[0]
    return [
        [
            loaded.prompt_tokens(study.system_prompt(wording, persona), question)
            for question in study.questions
        ]
        for persona in study.personas
    ]


@torch.inference_mode()
def plain_states(loaded, prompt):
    output = loaded.model(torch.tensor([prompt]), output_hidden_states=True)
    return torch.stack([layer[0, -1].float() for layer in output.hidden_states])


@torch.inference_mode()
def plain_distributions(loaded, prompt, answer):
    logits = loaded.model(torch.tensor([[*prompt, *answer[:-1]]])).logits
    return logits[0, len(prompt) - 1 :].float().log_softmax(-1)


def timed(compute):
    started = time.perf_counter()
    return compute(), time.perf_counter() - started


def report(reports, name, loaded, shared_s, plain_s, difference):
    """Print the ratio, and keep it under reports/benchmarks."""
    found = {
        "benchmark": name,
        "precision": loaded.precision,
        "shared_s": round(shared_s, 2),
        "plain_s": round(plain_s, 2),
        "ratio": round(plain_s / shared_s, 2),
        "largest_difference": float(difference),
        "peak_memory_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "threads": torch.get_num_threads(),
        "processor": platform.processor() or platform.machine(),
    }
    (reports / f"{name}-{loaded.precision}.json").write_text(json.dumps(found, indent=1) + "\n")
    print(f"\n{json.dumps(found)}")


def test_geometry(loaded, prompts, reports):
    shared, shared_s = timed(lambda: torch.stack([forced_pass(loaded, own).states for own in prompts]))
    plain, plain_s = timed(
        lambda: torch.stack(
            [torch.stack([plain_states(loaded, prompt) for prompt in own]) for own in prompts]
        )
    )
    everyone = range(len(prompts))
    cosines = [
        centred_cosine(states[:, :, 1:].mean(dim=1).transpose(0, 1).numpy(), everyone)
        for states in (shared, plain)
    ]
    difference = np.abs(cosines[0] - cosines[1]).max()
    report(reports, "geometry", loaded, shared_s, plain_s, difference)
    # At low precision the order of additions is felt: only float32 can be held to the same numbers.
    assert difference < (1e-4 if loaded.precision == "float32" else 0.5)


def test_divergence(loaded, study, prompts, reports):
    answers = [answer or [0] for answer in greedy_answers(loaded, prompts[-1], study.answer_tokens)]

    def pairwise(distributions):
        questions = range(len(answers))
        return np.mean(
            [pairwise_divergence(torch.stack([own[q] for own in distributions])) for q in questions], axis=0
        )

    def shared():
        return pairwise([forced_pass(loaded, own, answers).log_probabilities for own in prompts])

    def plain():
        return pairwise(
            [
                [plain_distributions(loaded, *pair) for pair in zip(own, answers, strict=True)]
                for own in prompts
            ]
        )

    (ours, shared_s), (theirs, plain_s) = timed(shared), timed(plain)
    difference = np.abs(ours - theirs).max()
    report(reports, "divergence", loaded, shared_s, plain_s, difference)
    assert difference < (1e-4 if loaded.precision == "float32" else 0.01)
