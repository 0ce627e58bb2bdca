"""Results of a stage are computed together where they are missing, and found where they are not."""

from dataclasses import dataclass, field

import pytest

from marker_coupling.pipeline.plan.stage import LOCAL, LocalExecutor, ensure, results, single_result
from marker_coupling.store.artifacts import ArtifactStore


@dataclass
class Squares:
    """A stage that notes which tasks it computes together."""

    computed: list[list[int]] = field(default_factory=list)
    kind = "squares"

    def key(self, task):
        return f"square of {task}"

    def compute(self, folders):
        self.computed.append(list(folders))
        for task, folder in folders.items():
            (folder / "square").write_text(str(task**2))

    def load(self, folder):
        return int((folder / "square").read_text())


@pytest.fixture
def store(tmp_path):
    return ArtifactStore(tmp_path / "store")


def test_what_is_missing_is_computed_together_and_nothing_twice(store):
    stage = Squares()
    assert results(store, stage, [3, 1]) == [9, 1]
    assert results(store, stage, [1, 2, 3, 4]) == [1, 4, 9, 16]
    assert stage.computed == [[3, 1], [2, 4]]
    assert results(store, Squares(), [4, 3]) == [16, 9]
    assert results(store, stage, []) == []


def test_a_single_result_has_a_key_that_can_be_read(store):
    stage = Squares()
    assert single_result(store, stage, 5) == single_result(store, stage, 5) == 25
    assert stage.computed == [[5]]
    assert store.find("squares", "square of 5") is not None


def test_a_stage_that_another_process_computes_is_waited_for_only_if_asked(store):
    other = []

    class Slow(Squares):
        def compute(self, folders):
            other.append(ensure(ArtifactStore(store.root), Squares(), [7], wait=False))
            super().compute(folders)

    assert results(store, Slow(), [7]) == [49]
    assert other == [None]


def test_spare_jobs_are_run_here_only_while_another_process_is_at_one():
    run = []

    def job(name, result):
        return lambda: run.append(name) or result

    assert LOCAL.run([job("a", True), job("b", True)], [job("spare", True)]) == [True, True]
    assert run == ["a", "b"]
    assert LOCAL.run([job("c", False), job("d", True)], [job("spare", True)]) == [False, True]
    assert run == ["a", "b", "c", "d", "spare"]
    assert LOCAL.run([], [job("again", True)]) == []
    assert run[-1] == "spare"


def test_another_executor_computes_what_is_missing(store):
    computed = []

    class Elsewhere(LocalExecutor):
        def compute(self, store, stage, folders):
            computed.append(list(folders))
            super().compute(store, stage, folders)

    stage = Squares()
    assert results(store, stage, [2, 3], Elsewhere()) == [4, 9]
    assert results(store, stage, [3, 2], Elsewhere()) == [9, 4]
    assert single_result(store, stage, 5, Elsewhere()) == 25
    assert computed == stage.computed == [[2, 3], [5]]
