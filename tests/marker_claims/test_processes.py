"""Several processes on several GPUs."""

import pytest

from marker_claims.processes import gpu_of_worker


@pytest.mark.parametrize(
    ("processes", "gpus", "expected"),
    [(1, 4, [0]), (4, 4, [0, 1, 2, 3]), (5, 2, [0, 1, 0, 1, 0]), (2, 1, [0, 0])],
)
def test_every_process_has_a_gpu_of_its_own_if_there_are_as_many(processes, gpus, expected):
    found = [gpu_of_worker(f"gw{process}", gpus) for process in range(processes)]
    assert found == [f"cuda:{gpu}" for gpu in expected]
