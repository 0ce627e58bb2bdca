"""All stages of one seed's adapters, and their order."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from manylora.adapters.adapted_modules import adapted_modules
from manylora.errors import ManyLoraError, NotEnoughMemoryError
from manylora.models.loaded_model import LoadedModel
from marker_coupling.measures.marked_chats import check_marker
from marker_coupling.pipeline.assembly import AdapterResult
from marker_coupling.pipeline.plan.experiment_plan import ExperimentPlan
from marker_coupling.pipeline.plan.stage import ensure, results
from marker_coupling.pipeline.plan.stage_context import StageContext
from marker_coupling.pipeline.stages.adapters import AdaptersStage
from marker_coupling.pipeline.stages.answers import AnswersStage
from marker_coupling.pipeline.stages.dissociation import DissociationStage
from marker_coupling.pipeline.stages.marker_probability import MarkerProbabilityStage
from marker_coupling.pipeline.stages.sampled_answers import PromptedAdapter, SampledAnswersStage
from marker_coupling.study.adapter_groups import AdapterGroup, AdapterTask


class GroupStages:
    """The stages of adapter groups, for one setting of the training.

    Parameters
    ----------
    context : shared by all of them
    """

    def __init__(self, context: StageContext) -> None:
        self.context = context
        self.answers = AnswersStage(context)
        self.adapters = AdaptersStage(context, self.answers)
        self.sampled = SampledAnswersStage(context, self.adapters)
        self.probability = MarkerProbabilityStage(context, self.adapters, self.answers)
        self.dissociation = DissociationStage(context, self.sampled)

    def ensure(self, group: AdapterGroup, wait: bool) -> bool:
        """Compute the missing results of a group.

        Returns
        -------
        bool
            False if another process is computing it and ``wait`` is False.
        """
        store, executor = self.context.store, self.context.executor
        try:
            if ensure(store, self.adapters, group, wait=wait, executor=executor) is None:
                return False
            for stage in (self.sampled, self.probability):
                for personas in self._personas_at_once:
                    tasks = _under(group, personas)
                    if ensure(store, stage, tasks, wait=wait, executor=executor) is None:
                        return False
            if group[0].is_control:
                return True
            return ensure(store, self.dissociation, group, wait=wait, executor=executor) is not None
        except NotEnoughMemoryError as error:
            raise NotEnoughMemoryError(f"{error}; key sources_per_cell: choose fewer") from error
        finally:
            self.adapters.release()

    def results(self, group: AdapterGroup) -> list[AdapterResult]:
        """Return the results of all stages for each adapter of a group."""
        store, personas = self.context.store, self.context.plan.personas
        tasks = [_under(group, [persona]) for persona in personas]
        counts = [results(store, self.sampled, of_persona) for of_persona in tasks]
        probabilities = [results(store, self.probability, of_persona) for of_persona in tasks]
        crossed = [()] * len(group) if group[0].is_control else results(store, self.dissociation, group)
        return [
            AdapterResult(
                task=task,
                counts=tuple(of_persona[index] for of_persona in counts),
                probability=tuple(of_persona[index] for of_persona in probabilities),
                other="" if task.is_control else self.dissociation.personas(task)["other"],
                crossed=tuple(crossed[index]),
                keys=self._keys(task),
            )
            for index, task in enumerate(group)
        ]

    @cached_property
    def _personas_at_once(self) -> list[tuple[str, ...]]:
        personas = self.context.plan.personas
        # A GPU samples under all prompts in the time of one; on a CPU less is lost when it is stopped.
        size = len(personas) if self.context.model.device.startswith("cuda") else 1
        return [personas[start : start + size] for start in range(0, len(personas), size)]

    def _keys(self, task: AdapterTask) -> dict[str, str | list[str]]:
        """Return the keys of an adapter and of its results; lists are in the order of the personas."""
        prompted = [PromptedAdapter(task, persona) for persona in self.context.plan.personas]
        keys: dict[str, str | list[str]] = {
            "training-answers": self.adapters.answer_keys(task),
            "given-answers": [self.probability.answer_key(task)],
            "adapter": self.adapters.key(task),
            "sampled-answers": [self.sampled.key(under) for under in prompted],
            "marker-probability": [self.probability.key(under) for under in prompted],
        }
        if not task.is_control:
            keys["dissociation"] = self.dissociation.key(task)
        return keys


def check_trainable(plan: ExperimentPlan, loaded: LoadedModel) -> None:
    """Check that a plan's adapters can be trained on a model, and its marker be seen.

    Raises
    ------
    ExperimentError, ManyLoraError
        The tokenizer changes the marker; the model has no such projections.
    """
    check_marker(loaded, plan.design.marker)
    try:
        adapted_modules(loaded, plan.recipe.adapter.projections)
    except ManyLoraError as error:  # the recipe's key
        raise ManyLoraError(f"adapter.{error}") from error


def _under(group: AdapterGroup, personas: Sequence[str]) -> list[PromptedAdapter]:
    return [PromptedAdapter(task, persona) for persona in personas for task in group]
