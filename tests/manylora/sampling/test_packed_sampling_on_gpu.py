"""Sampling with packed blocks and captured steps: what it draws, and what it gives back; skipped without a GPU."""

import numpy as np
import pytest
import torch

from manylora.adapters.adapter_bank import attached
from manylora.sampling import sampling as sampling_module
from manylora.sampling.sampling import sample
from manylora.sampling.sampling_requests import Request, Sampling
from manylora.sampling.top_p import sample_top_p

from ..blocks.test_fused_on_gpu import PACKABLE, packable
from ..tiny_models import random_adapter, tiny_loaded
from .test_sampling import FREE, GREEDY, SHAPE, requests, sampled

pytest.importorskip("triton")
pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU that PyTorch can use")
#: Of so many tokens nearly every row soon draws one.
ENDS = list(range(2, 20))


def loaded_in_bfloat16(architecture="llama", ends=None):
    loaded = packable(architecture, "bfloat16")
    if ends is not None:
        loaded.model.generation_config.eos_token_id = ends
    assert sampling_module.is_packable(loaded)
    return loaded


def adapters_of(loaded_on_cpu, count, size=0.15):
    return [random_adapter(loaded_on_cpu, SHAPE, seed, size=size) for seed in range(count)]


@pytest.mark.parametrize("architecture", PACKABLE)
def test_greedy_tokens_are_the_most_probable_of_transformers_own_blocks(architecture):
    loaded, exact = (packable(architecture, precision) for precision in ("bfloat16", "float32"))
    adapters = adapters_of(tiny_loaded(architecture), 3, 0.1)
    found = sampled(loaded, adapters, [requests(k) for k in range(3)], GREEDY)
    lacking, rounding = [], []
    for index, weights in enumerate(adapters):
        for request, completions in zip(requests(index), found[index], strict=True):
            assert completions[0] == completions[1]
            tokens = [*request.tokens, *completions[0].tokens, *([2] if completions[0].ended else [])]
            logits = []
            for model in (loaded, exact):
                with attached(model, SHAPE, 1) as bank, torch.inference_mode():
                    bank.put(0, weights)
                    whole = model.model(torch.tensor([tokens], device="cuda")).logits[0].float()
                    logits.append(whole[len(request.tokens) - 1 : -1])
            chosen = logits[1].gather(1, torch.tensor(tokens[len(request.tokens) :]).cuda()[:, None])[:, 0]
            lacking.append((logits[1].max(1).values - chosen).max())
            rounding.append((logits[0] - logits[1]).abs().max())
    # Rounding may let another be highest, if both are as near as what transformers' own blocks round off.
    assert max(lacking) < 3 * max(rounding)


@pytest.mark.parametrize("rows_at_once", [1, 6, 1000])
def test_answers_do_not_depend_on_what_is_sampled_beside_them(rows_at_once):
    adapters = adapters_of(tiny_loaded("qwen2"), 3)
    asked = [requests(k) for k in range(3)]
    expected = [
        sampled(loaded_in_bfloat16("qwen2"), [one], [own], FREE)[0]
        for one, own in zip(adapters, asked, strict=True)
    ]
    assert sampled(loaded_in_bfloat16("qwen2"), adapters, asked, FREE, rows_at_once=rows_at_once) == expected


def test_a_model_without_adapters_is_sampled_too():
    loaded, asked = loaded_in_bfloat16(), [requests(0)]
    assert sample(loaded, asked, FREE) == sample(loaded, asked, FREE, rows_at_once=1)


def many(adapters, samples=20):
    prompts = [tuple(range(5, 6 + length)) for length in (1, 30, 7, 70)]
    return [[Request(own, samples, f"{k} {own}") for own in prompts] for k in range(adapters)]


def test_answers_are_the_same_where_rows_are_taken_out(monkeypatch):
    adapters, longer = adapters_of(tiny_loaded(), 2), Sampling(1.3, 0.95, 60)
    found, kept = [], []
    from manylora.sampling import active_sequences, captured_decoding

    keep = captured_decoding._Decoding._keep
    monkeypatch.setattr(
        captured_decoding._Decoding, "_keep", lambda *args: kept.append(args[1:]) or keep(*args)
    )
    for multiple, operations in ((1, 0.0), (16, 0.0), (16, float("inf"))):
        monkeypatch.setattr(active_sequences, "_ROWS_MULTIPLE", multiple)
        monkeypatch.setattr(captured_decoding, "_CAPTURE_OPERATIONS", operations)
        found.append(sampled(loaded_in_bfloat16(ends=[2, 3, 4]), adapters, many(2), longer))
    assert len(kept) > 2
    assert found[0] == found[2]
    assert found[1] == found[2]


def test_all_end_early():
    found = sampled(loaded_in_bfloat16(ends=ENDS), adapters_of(tiny_loaded(), 2), many(2), FREE)
    completions = [one for own in found for several in own for one in several]
    assert len(completions) == 2 * 4 * 20
    assert np.mean([one.ended for one in completions]) > 0.5
    assert not {token for one in completions for token in one.tokens} & set(ENDS)


@pytest.mark.parametrize("longest", [1, 2, 3, 7])
def test_answers_of_few_tokens_are_the_beginning_of_longer_ones(longest):
    """Random numbers differ with the length, so that the most probable token is what can be compared."""
    loaded, asked = loaded_in_bfloat16(ends=[]), [requests(0)]
    short, long = (sample(loaded, asked, Sampling(1.0, 1e-9, tokens))[0] for tokens in (longest, 12))
    for one, other in zip(short, long, strict=True):
        assert [row.tokens for row in one] == [row.tokens[:longest] for row in other]
        assert not any(row.ended for row in one)


def test_memory_is_given_back():
    """All but what libraries keep to work in, from the first time on."""
    loaded, adapters = loaded_in_bfloat16(ends=[]), adapters_of(tiny_loaded(), 2)
    held = []
    for _ in range(3):
        sampled(loaded, adapters, many(2, 500), Sampling(1.0, 0.9, 200))
        torch.cuda.empty_cache()
        held.append((torch.cuda.memory_allocated(), torch.cuda.memory_reserved()))
    assert all(later <= earlier for later, earlier in zip(held[2], held[1], strict=True))
    assert held[1][0] < held[0][0] + (1 << 20)


def test_more_than_memory_holds_is_met_by_fewer_rows():
    """All rows at once would keep some 600 MiB; half of that is allowed."""
    loaded, asked, longer = loaded_in_bfloat16(), many(1, 2000), Sampling(1.0, 0.95, 400)
    sample(loaded, many(1, 2), longer)
    torch.cuda.empty_cache()
    whole, said = torch.cuda.get_device_properties(0).total_memory, []
    torch.cuda.set_per_process_memory_fraction((torch.cuda.memory_reserved() + (320 << 20)) / whole)
    try:
        found = sample(loaded, asked, longer, progress=lambda _, done, each: said.append(done))
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)
    assert said[-1] == 4
    assert len(said) > 1
    assert [len(several) for several in found[0]] == [2000] * 4


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize(("heads", "group", "width"), [(3, 3, 64), (4, 7, 128), (2, 2, 8), (1, 1, 32)])
@pytest.mark.parametrize("slot", [0, 1, 126])
def test_a_new_token_attends_to_its_prompt_and_to_its_own(dtype, heads, group, width, slot):
    from manylora.kernels.decode_attention import decode_attention

    rows, lengths = 37, torch.tensor([1, 64, 200, 33]).cuda()
    starts = lengths.cumsum(0) - lengths + 5

    def random(*shape):
        return torch.randn(*shape, device="cuda").to(dtype)

    prompts = (random(400, heads, width), random(400, heads, width))
    own = (random(rows + 3, heads, 127, width), random(rows + 3, heads, 127, width))
    queries, keys, values = random(rows, heads * group, width), *(random(rows, heads, width) for _ in "kv")
    expected_own = tuple(one.clone() for one in own)
    for one, new in zip(expected_own, (keys, values), strict=True):
        one[:rows, :, slot] = new
    prompt = torch.arange(rows, device="cuda") % 4
    found = decode_attention(
        queries, keys, values, prompts, own, starts[prompt], lengths[prompt],
        torch.tensor([slot], device="cuda"), width**-0.5,
    )  # fmt: skip
    assert all(torch.equal(one, other) for one, other in zip(own, expected_own, strict=True))
    for row in range(rows):
        start, length = int(starts[prompt[row]]), int(lengths[prompt[row]])
        both = [
            torch.cat([whole[start : start + length].transpose(0, 1), mine[row, :, : slot + 1]], 1).double()
            for whole, mine in zip(prompts, own, strict=True)
        ]
        expected = torch.nn.functional.scaled_dot_product_attention(
            queries[row].double()[None, :, None], both[0][None], both[1][None], enable_gqa=True
        )[0, :, 0]
        tolerance = 1e-5 if dtype == torch.float32 else 2e-2
        torch.testing.assert_close(found[row].double(), expected, atol=tolerance, rtol=tolerance)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("vocabulary", [100, 49152, 152064])
@pytest.mark.parametrize(
    ("temperature", "top_p"), [(1.0, 0.95), (0.7, 0.9), (1.0, 1e-9), (1.5, 1.0), (1e-3, 0.5)]
)
@pytest.mark.parametrize("spread", [0.5, 2.0, 5.0])
def test_tokens_are_drawn_as_by_sorting(dtype, vocabulary, temperature, top_p, spread):
    """The random number falls into the drawn token's part of what is kept, but for rounding in float32."""
    from manylora.kernels.top_p_sampling import sample_top_p as sample_in_kernel

    generator = torch.Generator("cuda").manual_seed(0)
    logits = (torch.randn(200, vocabulary, generator=generator, device="cuda") * spread).to(dtype)
    uniforms = torch.rand(200, generator=generator, device="cuda")
    drawn = sample_in_kernel(logits, uniforms, temperature, top_p)
    probabilities = torch.softmax(logits.double() / temperature, dim=-1)
    ordered, order = probabilities.sort(dim=-1, descending=True, stable=True)
    before = ordered.cumsum(-1) - ordered
    is_kept = before < top_p
    kept = (ordered * is_kept).sum(-1)
    rank = order.argsort(dim=-1).gather(1, drawn[:, None])
    start, mass = before.gather(1, rank)[:, 0], ordered.gather(1, rank)[:, 0]
    # Rounding decides whether the last one is kept, and its equals in 16 bits.
    last = ordered.gather(1, is_kept.sum(-1, keepdim=True) - 1)
    rounding = 3e-5 + ((ordered - last).abs() < 1e-9 * last).sum(-1) * last[:, 0]
    target = uniforms.double() * kept
    assert (start < top_p + rounding).all()
    assert (start - rounding <= target).all()
    assert (target <= start + mass + rounding).all()
    again = sample_in_kernel(logits[50:150].contiguous(), uniforms[50:150].contiguous(), temperature, top_p)
    assert torch.equal(again, drawn[50:150])
    if dtype == torch.float32 and spread > 1:  # else the order of equal ones decides, or rounding
        assert (sample_top_p(logits, uniforms, temperature, top_p) == drawn).float().mean() > 0.9


def test_uniform_logits_are_drawn_evenly():
    from manylora.kernels.top_p_sampling import sample_top_p as sample_in_kernel

    logits = torch.zeros((4000, 6000), dtype=torch.bfloat16, device="cuda")
    drawn = sample_in_kernel(logits, (torch.arange(4000, device="cuda") + 0.5) / 4000, 1.0, 0.5)
    torch.testing.assert_close(
        drawn.float(), (torch.arange(4000, device="cuda") + 0.5) * 3000 / 4000, atol=2.0, rtol=0
    )
