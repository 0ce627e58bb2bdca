"""Fused kernels on a GPU against what PyTorch computes step by step; skipped without one."""

import dataclasses

import numpy as np
import pytest
import torch

from manylora.adapters.adapter_bank import attached
from manylora.adapters.adapter_dropout import AdapterDropout, token_keys
from manylora.blocks.packed_blocks import is_packable
from manylora.config import AdapterShape
from manylora.packing.segments import segments_of
from manylora.training.packed_micro_batch import PackedMicroBatch
from manylora.training.padded_micro_batch import PaddedMicroBatch

from ..test_on_gpu import DROPPED, exact_products, on_gpu  # noqa: F401, a fixture
from ..tiny_models import ALL_PROJECTIONS, random_adapter, tiny_loaded
from ..training.test_training import TASKS

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
    from manylora.kernels.norm_rope_loss import rms_norm

    rows, weight, towards, passed = (random(37, width, seed=k) for k in range(4))
    weight = weight[0].detach()

    def plain(rows):
        scaled = rows * torch.rsqrt(rows.pow(2).mean(-1, keepdim=True) + 1e-5)
        return rows, scaled * weight

    outcomes = []
    for way in (plain, lambda rows: rms_norm(rows, weight, 1e-5)):
        given = rows.detach().requires_grad_()
        through, output = way(given)
        ((output * towards).sum() + (through * passed).sum()).backward()
        outcomes.append((output, given.grad))
    same(outcomes[1], outcomes[0])


@pytest.mark.parametrize(("heads", "key_heads", "width"), [(4, 2, 8), (9, 3, 64), (28, 4, 128)])
def test_rotations_and_their_gradients(heads, key_heads, width):
    from manylora.kernels.norm_rope_loss import apply_rotary

    qkv = random(37, (heads + 2 * key_heads) * width)
    angles = torch.cat([random(37, width // 2, seed=2).detach()] * 2, dim=-1)
    cosines, sines = angles.cos(), angles.sin()

    def plain(qkv):
        rows = qkv.view(37, -1, width)
        left, right = rows.chunk(2, dim=-1)
        turned = rows * cosines[:, None] + torch.cat([-right, left], dim=-1) * sines[:, None]
        return turned[:, :heads], turned[:, heads:-key_heads], rows[:, -key_heads:]

    outcomes = []
    for way in (plain, lambda qkv: apply_rotary(qkv, cosines, sines, heads, key_heads)):
        given = qkv.detach().requires_grad_()
        found = way(given)
        sum((one * one.detach().cos()).sum() for one in found).backward()
        outcomes.append((*found, given.grad))
    same(outcomes[1], outcomes[0])


def test_losses_of_labels_and_the_gradient_of_states():
    from manylora.blocks import fused_loss

    states, weight = random(50, 32), random(5000, 32, seed=1).detach()
    label_positions = torch.tensor([3, 0, 49, 17, 50, 50]).cuda()
    targets = torch.tensor([4999, 0, 77, 4096, 0, 0]).cuda()
    loss_weights = torch.tensor([0.5, 0.25, 1.0, 0.1, 0.0, 0.0]).cuda()
    kept, outcomes = label_positions[:4], []
    for is_fused in (False, True):
        given = states.detach().requires_grad_()
        if is_fused:
            found = fused_loss.fused_cross_entropy(given, weight, label_positions, targets, loss_weights)[:4]
        else:
            logits = given[kept] @ weight.t()
            found = (
                torch.nn.functional.cross_entropy(logits, targets[:4], reduction="none") * loss_weights[:4]
            )
        found.sum().backward()
        outcomes.append((found, given.grad))
    same(outcomes[1], outcomes[0])


#: Tokens of each adapter: none, fewer than a tile, more than one.
COUNTS = (150, 0, 64, 7)


def alone(module, rows, adapter, token_keys, drop):
    """What a module makes of one adapter's tokens."""
    if isinstance(module, torch.nn.Linear):
        return module(rows)
    dropped, scaling = rows, module.scaling / (1 - drop.share)
    if drop.share:
        drop.token_keys = token_keys[None, None, :, None]
        dropped = drop(rows[None, None], module.index)[0, 0]
    return module.base(rows) + dropped @ module.down[adapter].T @ module.up[adapter].T * scaling


GATES = ("gate_proj", "up_proj")
#: As wide as what kernels look at together, so that they need not look where it ends.
WIDE = {"hidden_size": 64, "intermediate_size": 128, "head_dim": 64}


@pytest.mark.parametrize("rank", [4, 32])
@pytest.mark.parametrize("dropout", [0.0, 0.3])
@pytest.mark.parametrize(
    "adapted", [ALL_PROJECTIONS, ("q_proj", "v_proj", "up_proj"), ("k_proj", "gate_proj")]
)
@pytest.mark.parametrize(
    ("names", "is_gated"),
    [(("q_proj", "k_proj", "v_proj"), False), (GATES, False), (GATES, True), (("down_proj",), False)],
)
@pytest.mark.parametrize("is_wide", [False, True])
def test_projections_that_share_an_input(names, is_gated, adapted, dropout, rank, is_wide):
    from manylora.blocks.fused_projections import gated_projection, project

    loaded = on_gpu(tiny_loaded("qwen2", **WIDE if is_wide else {}))
    block = loaded.model.get_decoder().layers[1]
    shape = AdapterShape(rank, 8.0, True, dropout, adapted)
    adapters = [random_adapter(loaded, shape, seed) for seed in range(len(COUNTS))]
    with attached(loaded, shape, len(COUNTS)) as bank:
        for place, weights in enumerate(adapters):
            bank.put(place, weights)
        drop = AdapterDropout(dropout)
        bank.use_dropout(drop)
        modules = [getattr(block.mlp if name[0] in "gud" else block.self_attn, name) for name in names]
        trained = [module for module in modules if not isinstance(module, torch.nn.Linear)]
        widths = [(one.base if one in trained else one).out_features for one in modules]
        inputs = random(sum(COUNTS), (modules[0].base if modules[0] in trained else modules[0]).in_features)
        keys = token_keys([[(0,)]], sum(COUNTS)).cuda().flatten()
        residual = random(sum(COUNTS), 1, seed=1).detach().expand(-1, sum(widths))
        segments, outcomes = segments_of(COUNTS).to(inputs.device), []
        for is_fused in (False, True):
            bank.begin_training()
            given = inputs.detach().requires_grad_()
            drop.token_keys = keys
            if is_fused:
                found = (
                    gated_projection(given, *modules, segments)
                    if is_gated
                    else project(given, modules, segments, residual)
                )
            else:
                parts = zip(range(len(COUNTS)), given.split(COUNTS), keys.split(COUNTS), strict=True)
                found = torch.cat(
                    [
                        torch.cat([alone(one, rows, place, own, drop) for one in modules], dim=1)
                        for place, rows, own in parts
                    ]
                )
                if is_gated:
                    gates, values = found.split(widths, dim=1)
                    found = torch.nn.functional.silu(gates) * values
                else:
                    found = residual + found
            (found * random(*found.shape, seed=2)).sum().backward()
            gradients = [half.grad.clone() for module in trained for half in (module.down, module.up)]
            outcomes.append((found, given.grad, *gradients))
    largest = max(float(one.detach().abs().max()) for one in outcomes[0])
    same(outcomes[1], outcomes[0], max(2e-3, 1e-5 * largest))


@pytest.mark.parametrize(("heads", "key_heads", "width"), [(4, 4, 16), (6, 2, 64), (4, 1, 128), (2, 2, 8)])
def test_sequences_attend_to_themselves_alone(heads, key_heads, width):
    from manylora.kernels.varlen_attention import varlen_attention

    counts = [5, 0, 64, 65, 130]
    rows = [random(264, count, width, seed=k) for k, count in enumerate((heads, key_heads, key_heads))]
    towards, outcomes = random(264, heads, width, seed=3), []

    def plain(*rows):
        found = []
        for own in zip(*(one.split(counts) for one in rows), strict=True):
            query, key, value = (one.transpose(0, 1)[None] for one in own)
            one = torch.nn.functional.scaled_dot_product_attention(
                query, key, value, is_causal=True, enable_gqa=True
            )
            found.append(one[0].transpose(0, 1))
        return torch.cat(found)

    for way in (plain, lambda *rows: varlen_attention(*rows, segments_of(counts).to(rows[0].device))):
        given = [one.detach().requires_grad_() for one in rows]
        found = way(*given)
        (found * towards).sum().backward()
        outcomes.append((found, *(one.grad for one in given)))
    same(outcomes[1], outcomes[0])


def packable(architecture, precision):
    loaded = on_gpu(tiny_loaded(architecture), precision)
    if architecture == "mistral":
        loaded.model.config.sliding_window = None
    return loaded


def losses_and_gradients(loaded, way):
    """What a pass over some examples of every task makes."""
    part = [task.examples[:6] for task in TASKS]
    seeds = [[(task.seed, 0, row) for row in range(6)] for task in TASKS]
    labels = [sum(len(one.tokens) - one.prompt_length for one in own) for own in part]
    adapters = [random_adapter(loaded, DROPPED, seed, size=0.05) for seed in range(len(TASKS))]
    with attached(loaded, DROPPED, len(TASKS)) as bank:
        for place, weights in enumerate(adapters):
            bank.put(place, weights)
        dropout = AdapterDropout(DROPPED.dropout)
        bank.use_dropout(dropout)
        bank.begin_training()
        passes = way(loaded, dropout)
        owner, inputs = passes.inputs(part, seeds, labels)
        weighted = passes.compute(*(one.cuda() for one in inputs)).cpu()[: len(owner)]
        losses = torch.zeros(len(TASKS)).index_add_(0, owner, weighted)
        return losses, bank._gradients.float().cpu()


@pytest.mark.parametrize("architecture", PACKABLE)
def test_a_packed_pass_makes_the_gradients_of_a_padded_one(architecture):
    """In float32, where rounding hides nothing."""
    (losses, gradients), (expected_losses, expected) = (
        losses_and_gradients(packable(architecture, "float32"), way)
        for way in (PackedMicroBatch, PaddedMicroBatch)
    )
    torch.testing.assert_close(losses, expected_losses, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(gradients, expected, atol=1e-3 * float(expected.abs().max()), rtol=1e-3)


@pytest.mark.parametrize("architecture", PACKABLE)
def test_in_bfloat16_a_packed_pass_is_as_exact_as_a_padded_one(architecture):
    exact, loaded = (packable(architecture, precision) for precision in ("float32", "bfloat16"))
    assert is_packable(loaded)
    assert not is_packable(exact)
    losses, expected = losses_and_gradients(exact, PaddedMicroBatch)
    far = {}
    for way in (PaddedMicroBatch, PackedMicroBatch):
        found, gradients = losses_and_gradients(loaded, way)
        torch.testing.assert_close(found, losses, atol=0.03, rtol=0.01)
        far[way] = float((gradients - expected).norm() / expected.norm())
    assert far[PackedMicroBatch] < 1.5 * far[PaddedMicroBatch] + 1e-2 < 0.2, far


def test_a_packed_step_is_the_same_however_split():
    from manylora.training.training import train

    from ..training.test_training import OPTIMIZATION

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
