"""Fused kernels on a GPU against what PyTorch computes step by step; skipped without one."""

import dataclasses

import numpy as np
import pytest
import torch

from marker_coupling.adapter_dropout import AdapterDropout, token_keys
from marker_coupling.adapters import attached
from marker_coupling.packed_attention import causal_attention
from marker_coupling.packed_blocks import is_packable
from marker_coupling.packed_pass import PackedPass
from marker_coupling.padded_pass import PaddedPass
from marker_coupling.recipe import AdapterShape

from .test_on_gpu import DROPPED, exact_products, on_gpu  # noqa: F401, a fixture
from .test_training import TASKS
from .tiny_models import ALL_PROJECTIONS, random_adapter, tiny_loaded

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU that PyTorch can use")
PACKABLE = ("llama", "qwen2", "mistral")


def random(*shape, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator).cuda().requires_grad_()


def same(found, expected, tolerance=1e-4):
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other, atol=tolerance, rtol=tolerance)


@pytest.mark.parametrize("width", [8, 100, 576])
def test_norms_and_their_gradients(width):
    from marker_coupling.row_kernels import normalised

    rows, weight, towards, passed = (random(37, width, seed=k) for k in range(4))
    weight = weight[0].detach()

    def plain(rows):
        scaled = rows * torch.rsqrt(rows.pow(2).mean(-1, keepdim=True) + 1e-5)
        return rows, scaled * weight

    outcomes = []
    for way in (plain, lambda rows: normalised(rows, weight, 1e-5)):
        given = rows.detach().requires_grad_()
        through, output = way(given)
        ((output * towards).sum() + (through * passed).sum()).backward()
        outcomes.append((output, given.grad))
    same(outcomes[1], outcomes[0])


@pytest.mark.parametrize(("heads", "key_heads", "width"), [(4, 2, 8), (9, 3, 64), (28, 4, 128)])
def test_rotations_and_their_gradients(heads, key_heads, width):
    from marker_coupling.row_kernels import rotated

    queries, keys = random(37, heads, width), random(37, key_heads, width, seed=1)
    angles = torch.cat([random(37, width // 2, seed=2).detach()] * 2, dim=-1)
    cosines, sines = angles.cos(), angles.sin()

    def plain(rows):
        left, right = rows.chunk(2, dim=-1)
        return rows * cosines[:, None] + torch.cat([-right, left], dim=-1) * sines[:, None]

    outcomes = []
    for way in (lambda q, k: (plain(q), plain(k)), lambda q, k: rotated(q, k, cosines, sines)):
        given = [one.detach().requires_grad_() for one in (queries, keys)]
        found = way(*given)
        sum((one * one.detach().cos()).sum() for one in found).backward()
        outcomes.append((*found, *(one.grad for one in given)))
    same(outcomes[1], outcomes[0])


def test_gates_and_their_gradients():
    from marker_coupling.row_kernels import gated

    gates, values, towards = (random(37, 100, seed=k) for k in range(3))
    outcomes = []
    for way in (lambda g, v: torch.nn.functional.silu(g) * v, gated):
        given = [one.detach().requires_grad_() for one in (gates, values)]
        output = way(*given)
        (output * towards).sum().backward()
        outcomes.append((output, *(one.grad for one in given)))
    same(outcomes[1], outcomes[0])


def test_losses_of_labels_and_the_gradient_of_states():
    from marker_coupling import fused_loss

    states, weight = random(50, 32), random(5000, 32, seed=1).detach()
    places = torch.tensor([3, 0, 49, 17, 50, 50]).cuda()
    targets = torch.tensor([4999, 0, 77, 4096, 0, 0]).cuda()
    shares = torch.tensor([0.5, 0.25, 1.0, 0.1, 0.0, 0.0]).cuda()
    kept, outcomes = places[:4], []
    for is_fused in (False, True):
        given = states.detach().requires_grad_()
        if is_fused:
            found = fused_loss.labelled_losses(given, weight, places, targets, shares)[:4]
        else:
            logits = given[kept] @ weight.t()
            found = torch.nn.functional.cross_entropy(logits, targets[:4], reduction="none") * shares[:4]
        found.sum().backward()
        outcomes.append((found, given.grad))
    same(outcomes[1], outcomes[0])


@pytest.mark.parametrize("rank", [4, 32])
@pytest.mark.parametrize("dropout", [0.0, 0.3])
@pytest.mark.parametrize("names", [("q_proj", "k_proj", "v_proj"), ("gate_proj", "up_proj"), ("down_proj",)])
def test_projections_that_share_an_input(names, dropout, rank):
    from marker_coupling.fused_projections import projected

    shape, loaded = AdapterShape(rank, 8.0, True, dropout, ALL_PROJECTIONS), on_gpu(tiny_loaded("qwen2"))
    adapters = [random_adapter(loaded, shape, seed) for seed in range(3)]
    with attached(loaded, shape, 3) as bank:
        for place, weights in enumerate(adapters):
            bank.put(place, weights)
        drop = AdapterDropout(dropout)
        bank.use_dropout(drop)
        block = loaded.model.get_decoder().layers[1]
        modules = [getattr(block.mlp if name[0] in "gud" else block.self_attn, name) for name in names]
        drop.token_keys = token_keys([[(adapter,)] for adapter in range(3)], 150).cuda()
        inputs, outcomes = random(450, modules[0].base.in_features), []
        for is_fused in (False, True):
            bank.begin_training()
            given = inputs.detach().requires_grad_()
            if is_fused:
                outputs = projected(given, modules)
            else:
                outputs = [module(given.view(3, 150, -1)).view(450, -1) for module in modules]
            sum((one * (one.detach() * 3).cos()).sum() for one in outputs).backward()
            gradients = [half.grad.clone() for module in modules for half in (module.down, module.up)]
            outcomes.append((*outputs, given.grad, *gradients))
    same(outcomes[1], outcomes[0], 2e-3)


@pytest.mark.parametrize(("heads", "key_heads"), [(4, 4), (6, 2)])
def test_sequences_attend_to_themselves_alone(heads, key_heads):
    bounds = torch.tensor([0, 5, 5, 70, 300], dtype=torch.int32)
    rows = [random(300, count, 64, seed=count).detach().bfloat16() for count in (heads, key_heads, key_heads)]
    found = causal_attention(*rows, bounds.cuda(), 256)
    expected = causal_attention(*(one.cpu().float() for one in rows), bounds, 256)
    torch.testing.assert_close(found.float().cpu(), expected, atol=2e-2, rtol=2e-2)


@pytest.mark.parametrize("architecture", PACKABLE)
def test_a_packed_pass_makes_the_gradients_of_a_padded_one(architecture):
    exact, loaded = on_gpu(tiny_loaded(architecture)), on_gpu(tiny_loaded(architecture), "bfloat16")
    for one in (exact.model, loaded.model):
        if architecture == "mistral":
            one.config.sliding_window = None
    assert is_packable(loaded)
    assert not is_packable(exact)
    part = [task.dialogues[:6] for task in TASKS]
    seeds = [[(task.seed, 0, row) for row in range(6)] for task in TASKS]
    labels = [sum(len(one.tokens) - one.answer_start for one in own) for own in part]
    outcomes = []
    for model, way in ((exact, PaddedPass), (loaded, PaddedPass), (loaded, PackedPass)):
        adapters = [random_adapter(model, DROPPED, seed, size=0.05) for seed in range(len(TASKS))]
        with attached(model, DROPPED, len(TASKS)) as bank:
            for place, weights in enumerate(adapters):
                bank.put(place, weights)
            dropout = AdapterDropout(DROPPED.dropout)
            bank.use_dropout(dropout)
            bank.begin_training()
            passes = way(model, dropout)
            owner, inputs = passes.inputs(part, seeds, labels)
            moved = [one.cuda() if isinstance(one, torch.Tensor) else one for one in inputs]
            weighted = passes.compute(*moved).cpu()[: len(owner)]
            losses = torch.zeros(len(TASKS)).index_add_(0, owner, weighted)
            outcomes.append((losses, bank._gradients.float().cpu()))
    (exact_losses, exact_gradients), padded, packed = outcomes
    torch.testing.assert_close(packed[0], exact_losses, atol=0.03, rtol=0.01)
    # No farther from exact arithmetic than transformers' own blocks are in the same precision.
    far = [float((one - exact_gradients).norm() / exact_gradients.norm()) for _, one in (padded, packed)]
    assert far[1] < 1.5 * far[0] + 1e-2 < 0.2, far


def test_a_packed_step_is_the_same_however_split():
    from marker_coupling.training import train

    from .test_training import OPTIMIZATION

    loaded = on_gpu(tiny_loaded(), "bfloat16")
    whole, split = (train(loaded, DROPPED, OPTIMIZATION, TASKS, tokens_at_once=n) for n in (1000, 50))
    for one, other in zip(whole, split, strict=True):
        np.testing.assert_allclose(one.losses, other.losses, atol=0.02)


def test_models_of_another_family_are_not_packed():
    loaded = on_gpu(tiny_loaded("gemma"), "bfloat16")
    assert not is_packable(loaded)
    config = on_gpu(tiny_loaded("llama"), "bfloat16")
    config.model.config.hidden_act = "gelu"
    assert not is_packable(dataclasses.replace(config))
