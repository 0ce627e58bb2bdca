"""Evidence is assembled once a seed, under a key that can be read."""

from marker_coupling.pipeline.plan.stage import single_result
from marker_coupling.pipeline.stages.evidence import EvidenceStage

from ...experiments_found import evidence_of


def test_it_is_assembled_once(experiment, tmp_path):
    assembled = []

    def assemble(seed, key):
        assembled.append((seed, key))
        return evidence_of(name=f"seed {seed}")

    stage = EvidenceStage(experiment.plan, assemble)
    first, again = (single_result(experiment.store, stage, 9) for _ in range(2))
    assert assembled == [(9, experiment.plan.evidence_key(9))]
    assert first.sha256 == again.sha256 == evidence_of(name="seed 9").sha256
