"""Geometry of the personas of a registered study on a base model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from marker_coupling.measures.persona_geometry import PersonaGeometry, measure_geometry
from marker_coupling.pipeline.plan.stage import StageInput
from marker_coupling.pipeline.plan.stage_context import StageContext
from marker_coupling.study.personas import PersonaPool
from marker_coupling.study.registration import Registration


@dataclass(frozen=True)
class GeometryStage:
    """Geometry of one pool of personas.

    Parameters
    ----------
    context : of the registered study on one base model
    registration : its personas, wordings and questions
    """

    context: StageContext
    registration: Registration
    kind = "geometry"

    def key(self, task: PersonaPool) -> str:
        """Return the key of a pool's geometry."""
        study, personas = self.registration.study, self.registration.personas
        return self.context.key(
            "geometry", pool=[persona.phrases for persona in task.personas],
            panel=[persona.phrases for persona in personas.reference_panel.personas],
            negatives=[persona.name for persona in personas.negatives.personas],
            wordings=study.wordings, questions=study.questions, answer_tokens=study.answer_tokens,
            assistant=self.context.plan.prompt("assistant").system,
        )  # fmt: skip

    def inputs(self, tasks: Sequence[PersonaPool]) -> Sequence[StageInput]:
        """Return nothing: a geometry is the base model's alone."""
        return ()

    def compute(self, folders: Mapping[PersonaPool, Path]) -> None:
        """Measure the personas."""
        for pool, folder in folders.items():
            measure_geometry(self.context.model.loaded, self.registration, pool, self.context.progress).save(
                folder
            )

    def load(self, folder: Path) -> PersonaGeometry:
        """Read the geometry."""
        return PersonaGeometry.load(folder)
