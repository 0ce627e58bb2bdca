"""Results of a stage are computed together where they are missing, and found where they are not."""

from dataclasses import dataclass, field

import pytest

from marker_coupling.pipeline.plan.stage import ensure, results, single_result
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
