"""From a loaded model and a study to a measurement: one pass for each wording and persona."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import torch

from marker_coupling.divergence import pairwise_divergence
from marker_coupling.evidence import ASSISTANT
from marker_coupling.loaded_model import LoadedModel
from marker_coupling.measurement import ModelMeasurement
from marker_coupling.progress import Progress
from marker_coupling.study import Study
from marker_coupling.teacher_forcing import forced_pass, greedy_answers


def measure(loaded: LoadedModel, study: Study, determined_by: str, progress: Progress) -> ModelMeasurement:
    """Measure hidden states and divergences of every persona in every wording.

    Parameters
    ----------
    determined_by : kept with the result
    """
    prompts = list(study.prompts)
    personas = len(study.personas)
    wordings, questions = study.wordings, study.questions
    first = [loaded.prompt_tokens(study.system_prompt(wordings[0], ASSISTANT), q) for q in questions]
    answers = greedy_answers(loaded, first, study.answer_tokens)
    # A model that ends its answer at once gives nothing to compare; it then compares how they end it.
    answers = [answer or [min(loaded.end_tokens)] for answer in answers]
    states: list[list[torch.Tensor]] = []
    divergences = np.zeros((len(wordings), personas, personas, len(questions)))
    done, total = 0, len(wordings) * len(prompts)
    for w, wording in enumerate(wordings):
        states.append([])
        forced = []
        for persona in prompts:
            tokens = [loaded.prompt_tokens(study.system_prompt(wording, persona), q) for q in questions]
            wanted = answers if persona in study.personas else ()
            result = forced_pass(loaded, tokens, wanted)
            states[-1].append(result.states)
            if wanted:
                forced.append(result.log_probabilities)
            done += 1
            progress("measuring personas", done, total)
        for q in range(len(questions)):
            divergences[w, :, :, q] = pairwise_divergence(torch.stack([logs[q] for logs in forced]))
    return ModelMeasurement(
        study=study,
        base_model=loaded.base.name,
        fingerprint=loaded.base.fingerprint,
        precision=loaded.precision,
        device=str(loaded.device),
        states=torch.stack([torch.stack(row) for row in states]).numpy(),
        divergences=divergences,
        prompt_tokens=_system_prompt_lengths(loaded, study),
        answers=tuple(loaded.tokenizer.decode(answer) for answer in answers),
        determined_by=determined_by,
    )


def _system_prompt_lengths(loaded: LoadedModel, study: Study) -> np.ndarray:
    def length(text: str) -> int:
        return len(loaded.tokenizer(text, add_special_tokens=False)["input_ids"])

    rows: Iterable[list[int]] = (
        [length(study.system_prompt(wording, persona)) for persona in study.personas]
        for wording in study.wordings
    )
    return np.array(list(rows), dtype=np.int64)
