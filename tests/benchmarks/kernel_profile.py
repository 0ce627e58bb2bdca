"""Which kernels a GPU spends a computation's time in."""

from __future__ import annotations

import torch
from torch.profiler import ProfilerActivity, profile


def kernels_ms(compute, steps, most=24):
    """Return milliseconds a step by kernel, longest first, and the sum over all of them as "all".

    Parameters
    ----------
    compute : a computation of so many steps on a GPU
    most : kernels that are named
    """
    with profile(activities=[ProfilerActivity.CUDA]) as found:
        compute()
        torch.cuda.synchronize()
    times = {one.key: one.self_device_time_total / 1e3 / steps for one in found.key_averages()}
    longest = sorted(times.items(), key=lambda one: -one[1])[:most]
    return {"all": round(sum(times.values()), 3)} | {name[:80]: round(ms, 3) for name, ms in longest}
