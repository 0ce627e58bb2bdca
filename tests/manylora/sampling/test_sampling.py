"""Answers sampled together are those that each adapter gives alone."""

import numpy as np
import pytest
import torch
from scipy.stats import chisquare

from manylora.adapters.adapter_bank import attached
from manylora.config import AdapterShape
from manylora.errors import NotEnoughMemoryError
from manylora.sampling import sampling as sampling_module
from manylora.sampling.sampling import sample
from manylora.sampling.sampling_requests import Request, Sampling, uniforms_of

from ..tiny_models import ALL_PROJECTIONS, ARCHITECTURES, peft_model, random_adapter, tiny_loaded
from .test_top_p import kept_distribution

SHAPE = AdapterShape(4, 8.0, True, 0.0, ALL_PROJECTIONS)
PROMPTS = ((5, 6, 7, 8, 9, 10, 11), (50, 51), (30, 31, 32, 33))
GREEDY, FREE = Sampling(1.0, 1e-9, 12), Sampling(0.9, 0.95, 12)
END = 2


def requests(adapter, samples=2):
    return [Request(tokens, samples, f"{adapter} {tokens}") for tokens in PROMPTS]


def sampled(loaded, adapters, asked, sampling, **how):
    with attached(loaded, SHAPE, len(adapters)) as bank:
        for index, weights in enumerate(adapters):
            bank.put(index, weights)
        return sample(loaded, asked, sampling, **how)


@pytest.mark.parametrize("architecture", sorted(ARCHITECTURES))
def test_greedy_answers_are_those_of_peft_models_one_by_one(architecture):
    loaded = tiny_loaded(architecture)
    adapters = [random_adapter(loaded, SHAPE, seed) for seed in range(3)]
    found = sampled(loaded, adapters, [requests(k) for k in range(3)], GREEDY)
    for weights, own in zip(adapters, found, strict=True):
        alone = peft_model(loaded, SHAPE, weights)
        for prompt, completions in zip(PROMPTS, own, strict=True):
            generated = alone.generate(
                torch.tensor([prompt]), max_new_tokens=12, do_sample=False, pad_token_id=0, eos_token_id=END
            )[0, len(prompt) :].tolist()
            ended = generated[-1] == END
            expected = tuple(generated[:-1] if ended else generated)
            assert [(one.tokens, one.ended) for one in completions] == [(expected, ended)] * 2


@pytest.mark.parametrize("rows_at_once", [1, 6, 1000])
def test_answers_do_not_depend_on_what_is_sampled_beside_them(rows_at_once):
    loaded = tiny_loaded("qwen2")
    adapters = [random_adapter(loaded, SHAPE, seed, size=0.15) for seed in range(3)]
    together = sampled(loaded, adapters, [requests(k) for k in range(3)], FREE, rows_at_once=rows_at_once)
    lengths = set()
    for index, weights in enumerate(adapters):
        (alone,) = sampled(loaded, [weights], [requests(index)], FREE)
        assert together[index] == alone
        for request, expected in zip(requests(index), alone, strict=True):
            (((own),),) = sampled(loaded, [weights], [[request]], FREE)
            assert own == expected
        lengths |= {len(one.tokens) for completions in alone for one in completions}
    assert len(lengths) > 2  # some ended early, so that rows were taken out


@pytest.mark.parametrize("rows", [100, 6])
def test_full_memory_is_met_by_fewer_rows_with_the_same_answers(monkeypatch, rows):
    loaded = tiny_loaded()
    adapters = [random_adapter(loaded, SHAPE, seed) for seed in range(3)]
    asked = [requests(k) for k in range(3)]
    expected = sampled(loaded, adapters, asked, FREE)
    sample_padded, tried = sampling_module._sample_padded, []

    def limited(loaded, part, *others):
        tried.append(len(part))
        if 2 * len(part) > rows:
            raise torch.OutOfMemoryError("as if")
        return sample_padded(loaded, part, *others)

    monkeypatch.setattr(sampling_module, "_sample_padded", limited)
    assert sampled(loaded, adapters, asked, FREE) == expected
    assert tried == ([9] if rows == 100 else [9, 3, 3, 3])


def test_memory_for_not_even_one_request_of_each_is_one_clear_error(monkeypatch):
    def full(*_):
        raise torch.OutOfMemoryError("as if")

    monkeypatch.setattr(sampling_module, "_sample_padded", full)
    with pytest.raises(
        NotEnoughMemoryError,
        match="2 answers of up to 12 tokens of each of 1 adapters",
    ):
        sample(tiny_loaded(), [requests(0)], FREE)


def test_each_adapter_has_its_own_distribution():
    loaded = tiny_loaded()
    adapters = [random_adapter(loaded, SHAPE, seed, size=0.1) for seed in range(3)]
    prompt, count, sampling = PROMPTS[0], 4000, Sampling(0.8, 0.9, 1)
    asked = [[Request(prompt, count, f"adapter {k}")] for k in range(3)]
    found = sampled(loaded, adapters, asked, sampling)
    expected = []
    for weights, (completions,) in zip(adapters, found, strict=True):
        logits = peft_model(loaded, SHAPE, weights)(torch.tensor([prompt])).logits[0, -1].detach().numpy()
        expected.append(kept_distribution(logits, 0.8, 0.9))
        drawn = [one.tokens[0] if one.tokens else END for one in completions]
        counts = np.bincount(drawn, minlength=len(logits))
        possible = expected[-1] > 0
        assert counts[~possible].sum() == 0
        assert chisquare(counts[possible], count * expected[-1][possible]).pvalue > 1e-3
    # Told apart easily: what one adapter gives is not what another would.
    assert np.abs(expected[0] - expected[1]).sum() > 0.2


def test_the_length_limit_and_the_end_token():
    loaded = tiny_loaded()
    (((cut,),),) = sample(loaded, [[Request(PROMPTS[0], 1, "")]], Sampling(1.0, 1e-9, 3))
    assert len(cut.tokens) == 3
    assert not cut.ended
    loaded.model.generation_config.eos_token_id = [cut.tokens[2], 99]
    (((ended,),),) = sample(loaded, [[Request(PROMPTS[0], 1, "")]], Sampling(1.0, 1e-9, 9))
    assert (ended.tokens, ended.ended) == (cut.tokens[: cut.tokens.index(cut.tokens[2])], True)


def test_random_numbers_are_a_requests_own():
    one = Request((1,), 3, "a seed")
    assert uniforms_of(one, 5).shape == (3, 5)
    assert (uniforms_of(one, 5) == uniforms_of(Request((7, 8), 3, "a seed"), 5)).all()
    assert not np.isin(uniforms_of(one, 5), uniforms_of(Request((1,), 3, "another seed"), 5)).any()


def test_adapters_must_be_asked_equally_much():
    with pytest.raises(ValueError, match="expected equally many"):
        sample(tiny_loaded(), [[Request((5,), 1, "")], []], FREE)


def test_sampling_says_how_far_it_is():
    said = []
    sample(
        tiny_loaded(), [requests(0)], FREE, rows_at_once=2, task="x", progress=lambda *args: said.append(args)
    )
    assert said == [("x", 1, 3), ("x", 2, 3), ("x", 3, 3)]
