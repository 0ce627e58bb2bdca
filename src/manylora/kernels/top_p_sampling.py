"""Top-p sampling on a GPU, as `sampling.top_p` does it, without sorting the vocabulary.

Tokens come in descending order of their probability, of equal ones the first first. How much mass lies at
or above a probability is monotonic in it, and positive floats are ordered as their bits are: where the kept
mass ends, and where the random number falls, is found by bisection on them, exactly. That reads few tokens
only: those above a bound below which none can be kept, copied together first.

Masses are probabilities relative to the highest, so that the most probable token has 1.
"""

from __future__ import annotations

import torch
import triton
import triton.language as tl

#: Most tokens of a row that are copied together; if more can be kept, all are read each time.
_CAPACITY = 4096
#: Tokens of a tile, of the vocabulary and of those copied.
_BLOCK, _PART = 2048, 1024
_BITS_OF_ONE = tl.constexpr(0x3F800000)


@triton.jit
def _mass(logits, column, vocabulary, highest, inv_temperature):  # type: ignore[no-untyped-def]
    values = tl.load(logits + column, column < vocabulary, -float("inf")).to(tl.float32)
    return tl.exp((values - highest) * inv_temperature)


@triton.jit
def _masses_at(logits, copied, is_copied, index, count, highest, inv_temperature):  # type: ignore[no-untyped-def]
    inside = index < count
    few = tl.load(copied + index, inside & is_copied, 0.0)
    values = tl.load(logits + index, inside & (is_copied == 0), -float("inf")).to(tl.float32)
    return tl.where(is_copied, few, tl.exp((values - highest) * inv_temperature))


@triton.jit  # type: ignore[untyped-decorator]
def _mass_from(bits, logits, copied, is_copied, count, highest, inv_temperature, part: tl.constexpr):  # type: ignore[no-untyped-def]
    summed = tl.zeros((part,), tl.float32)
    for start in range(0, count, part):
        index = start + tl.arange(0, part)
        masses = _masses_at(logits, copied, is_copied, index, count, highest, inv_temperature)
        summed += tl.where(masses.to(tl.int32, bitcast=True) >= bits, masses, 0.0)
    return tl.sum(summed)


@triton.jit  # type: ignore[untyped-decorator]
def _count_at(bits, logits, copied, is_copied, count, highest, inv_temperature, part: tl.constexpr):  # type: ignore[no-untyped-def]
    counts = tl.zeros((part,), tl.int32)
    for start in range(0, count, part):
        index = start + tl.arange(0, part)
        masses = _masses_at(logits, copied, is_copied, index, count, highest, inv_temperature)
        counts += ((masses.to(tl.int32, bitcast=True) == bits) & (index < count)).to(tl.int32)
    return tl.sum(counts)


@triton.jit  # type: ignore[untyped-decorator]
def _sample(  # type: ignore[no-untyped-def]
    logits, uniforms, copied, columns, tokens, vocabulary, capacity, inv_temperature, top_p,
    block: tl.constexpr, part: tl.constexpr,
):  # fmt: skip
    row = tl.program_id(0).to(tl.int64)
    logits += row * vocabulary
    copied += row * capacity
    columns += row * capacity
    highests = tl.full((block,), -float("inf"), tl.float32)
    for start in range(0, vocabulary, block):
        column = start + tl.arange(0, block)
        values = tl.load(logits + column, column < vocabulary, -float("inf")).to(tl.float32)
        highests = tl.maximum(highests, values)
    highest = tl.max(highests)

    # Mass above a few bounds; the highest that leaves enough is taken.
    totals, above2, above4, above7, above10 = (
        tl.zeros((block,), tl.float32), tl.zeros((block,), tl.float32), tl.zeros((block,), tl.float32),
        tl.zeros((block,), tl.float32), tl.zeros((block,), tl.float32),
    )  # fmt: skip
    for start in range(0, vocabulary, block):
        masses = _mass(logits, start + tl.arange(0, block), vocabulary, highest, inv_temperature)
        totals += masses
        above2 += tl.where(masses >= 0.1353, masses, 0.0)
        above4 += tl.where(masses >= 0.01832, masses, 0.0)
        above7 += tl.where(masses >= 9.119e-4, masses, 0.0)
        above10 += tl.where(masses >= 4.54e-5, masses, 0.0)
    total = tl.sum(totals)
    # Rounding must not make one that leaves too little look enough.
    enough = top_p * total * 1.0001
    # Tokens below this hold, all together, less than half of what is cut off, or than rounding can tell.
    bound = tl.maximum(0.5 * (1.0 - top_p), 1e-8) * total / vocabulary
    bound = tl.where(tl.sum(above10) > enough, tl.maximum(bound, 4.54e-5), bound)
    bound = tl.where(tl.sum(above7) > enough, tl.maximum(bound, 9.119e-4), bound)
    bound = tl.where(tl.sum(above4) > enough, tl.maximum(bound, 0.01832), bound)
    bound = tl.where(tl.sum(above2) > enough, tl.maximum(bound, 0.1353), bound)
    bound = tl.minimum(bound, 1.0)

    count = 0
    for start in range(0, vocabulary, block):
        column = start + tl.arange(0, block)
        masses = _mass(logits, column, vocabulary, highest, inv_temperature)
        chosen = ((masses >= bound) & (column < vocabulary)).to(tl.int32)
        index = count + tl.cumsum(chosen, 0) - 1
        is_stored = (chosen > 0) & (index < capacity)
        tl.store(copied + index, masses, is_stored)
        tl.store(columns + index, column, is_stored)
        count += tl.sum(chosen)
    tl.debug_barrier()
    is_copied = count <= capacity
    count = tl.where(is_copied, count, vocabulary)

    lowest = bound.to(tl.int32, bitcast=True)
    everything = _mass_from(lowest, logits, copied, is_copied, count, highest, inv_temperature, part)
    needed = tl.minimum(top_p * total, everything)
    low, high = lowest, lowest * 0 + _BITS_OF_ONE
    while low < high:
        middle = low + (high - low + 1) // 2
        if _mass_from(middle, logits, copied, is_copied, count, highest, inv_temperature, part) >= needed:
            low = middle
        else:
            high = middle - 1
    least, least_mass = low, low.to(tl.float32, bitcast=True)
    before = _mass_from(least + 1, logits, copied, is_copied, count, highest, inv_temperature, part)
    kept = tl.minimum(
        tl.ceil((needed - before) / least_mass),
        _count_at(least, logits, copied, is_copied, count, highest, inv_temperature, part).to(tl.float32),
    )
    kept = tl.maximum(kept, 1.0)

    target = tl.load(uniforms + row) * (before + kept * least_mass)
    high = lowest * 0 + _BITS_OF_ONE
    while low < high:
        middle = low + (high - low + 1) // 2
        if _mass_from(middle, logits, copied, is_copied, count, highest, inv_temperature, part) > target:
            low = middle
        else:
            high = middle - 1
    before = _mass_from(low + 1, logits, copied, is_copied, count, highest, inv_temperature, part)
    equals = _count_at(low, logits, copied, is_copied, count, highest, inv_temperature, part).to(tl.float32)
    equals = tl.where(low == least, kept, equals)
    rank = tl.floor((target - before) / low.to(tl.float32, bitcast=True))
    rank = tl.maximum(tl.minimum(rank, equals - 1), 0.0).to(tl.int32)

    token, passed = rank * 0, 0
    for start in range(0, count, part):
        index = start + tl.arange(0, part)
        masses = _masses_at(logits, copied, is_copied, index, count, highest, inv_temperature)
        equal = ((masses.to(tl.int32, bitcast=True) == low) & (index < count)).to(tl.int32)
        is_chosen = (equal > 0) & (passed + tl.cumsum(equal, 0) - 1 == rank)
        column = tl.where(is_copied, tl.load(columns + index, is_chosen & is_copied, 0), index)
        token += tl.sum(tl.where(is_chosen, column, 0))
        passed += tl.sum(equal)
    tl.store(tokens + row, token.to(tl.int64))


def sample_top_p(
    logits: torch.Tensor, uniforms: torch.Tensor, temperature: float, top_p: float
) -> torch.Tensor:
    """Draw one token a row by inverting the cumulative distribution, (rows,) long.

    Parameters
    ----------
    logits : (rows, vocabulary), contiguous
    uniforms : (rows,) float32 in [0, 1)
    """
    rows, vocabulary = logits.shape
    capacity = min(_CAPACITY, vocabulary)
    copied = logits.new_empty((rows, capacity), dtype=torch.float32)
    columns = logits.new_empty((rows, capacity), dtype=torch.int32)
    tokens = logits.new_empty(rows, dtype=torch.long)
    _sample[(rows,)](
        logits, uniforms, copied, columns, tokens, vocabulary, capacity, 1 / temperature, top_p,
        block=_BLOCK, part=_PART, num_warps=8,
    )  # fmt: skip
    return tokens


def sampling_bytes(rows: int, vocabulary: int) -> int:
    """Return the memory that drawing for so many rows takes beside their logits."""
    return rows * (8 * min(_CAPACITY, vocabulary) + 8)
