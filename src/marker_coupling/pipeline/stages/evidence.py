"""The evidence of one seed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from marker_coupling.evidence.values.experiment_evidence import FILE, ExperimentEvidence
from marker_coupling.pipeline.plan.experiment_plan import ExperimentPlan
from marker_coupling.pipeline.plan.stage import StageInput


@dataclass(frozen=True)
class EvidenceStage:
    """The evidence of one seed, assembled from the results of all other stages.

    Parameters
    ----------
    plan : of the experiment
    assemble : returns the evidence of a seed, given its key
    """

    plan: ExperimentPlan
    assemble: Callable[[int, str], ExperimentEvidence]
    kind = "evidence"

    def key(self, seed: int) -> str:
        """Return the readable provenance key, which is the record's key too."""
        return self.plan.evidence_key(seed)

    def inputs(self, tasks: Sequence[int]) -> Sequence[StageInput]:
        """Return nothing: evidence is assembled where the results of all other stages are."""
        return ()

    def compute(self, folders: Mapping[int, Path]) -> None:
        """Assemble the evidence."""
        for seed, folder in folders.items():
            self.assemble(seed, self.key(seed)).write(folder / FILE)

    def load(self, folder: Path) -> ExperimentEvidence:
        """Read the evidence."""
        return ExperimentEvidence.read(folder / FILE)
