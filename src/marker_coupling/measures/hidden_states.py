"""Hidden states and divergences of a loaded model: one forward pass for each wording and persona."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from manylora.chats.chat import Chat
from manylora.models.loaded_model import LoadedModel
from manylora.models.memory_budget import MemoryBudget
from manylora.models.memory_estimates import model_widths
from manylora.progress import Progress
from manylora.sampling.padded_decoding import greedy_answers
from manylora.scoring.teacher_forcing import forced_pass
from marker_coupling.measures.divergence import pairwise_divergence
from marker_coupling.measures.measurement import ModelMeasurement
from marker_coupling.study.personas import ASSISTANT
from marker_coupling.study.study import Study

#: A CPU gains nothing from more rows, and saves what one persona's prompts share.
_BUDGET = MemoryBudget(gpu_share=0.5, cpu_units=1)


def measure(loaded: LoadedModel, study: Study, determined_by: str, progress: Progress) -> ModelMeasurement:
    """Measure hidden states and divergences of every persona in every wording.

    Parameters
    ----------
    determined_by : provenance key, kept with the result
    """
    prompts = study.prompts
    personas = len(study.personas)
    wordings, questions = study.wordings, study.questions
    first = loaded.chat_tokens([Chat(study.system_prompt(wordings[0], ASSISTANT), q) for q in questions])
    answers = greedy_answers(loaded, first, study.answer_tokens)
    # Where the model ends its answer at once, distributions are compared at the end token.
    answers = [answer or [min(loaded.end_tokens)] for answer in answers]
    states: list[torch.Tensor] = []
    divergences = np.zeros((len(wordings), personas, personas, len(questions)))
    done, total = 0, len(wordings) * len(prompts)
    groups = _groups(loaded, study, answers)
    for w, wording in enumerate(wordings):
        forced = []
        for group in groups:
            tokens = loaded.chat_tokens(
                [
                    Chat(study.system_prompt(wording, persona), question)
                    for persona in group
                    for question in questions
                ]
            )
            forced_answers = answers * len(group) if group[0] in study.personas else []
            result = forced_pass(loaded, tokens, forced_answers)
            states.append(result.states)
            count = len(questions) if forced_answers else 0
            forced += [result.log_probabilities[k * count :][:count] for k in range(len(group)) if count]
            done += len(group)
            progress("measuring personas", done, total)
        for q in range(len(questions)):
            divergences[w, :, :, q] = pairwise_divergence(torch.stack([logs[q] for logs in forced]))
    return ModelMeasurement(
        study=study,
        base_model=loaded.base.name,
        fingerprint=loaded.base.fingerprint,
        precision=loaded.precision,
        device=str(loaded.device),
        states=torch.cat(states)
        .numpy()
        .reshape(len(wordings), len(prompts), len(questions), *states[0].shape[1:]),
        divergences=divergences,
        prompt_tokens=_system_prompt_lengths(loaded, study),
        answers=tuple(loaded.tokenizer.decode(answer) for answer in answers),
        determined_by=determined_by,
    )


def personas_at_once(loaded: LoadedModel, questions: int, answer_tokens: int) -> int:
    """Return the number of personas whose questions run as one batch: many on a GPU, one on a CPU."""
    widths = model_widths(loaded)
    # Logits and their logarithms in float32; hidden states of all blocks, of some hundred tokens.
    logits = 10 * answer_tokens * widths.vocabulary
    states = 256 * 4 * (widths.blocks * widths.states + 4 * widths.inner)
    return _BUDGET.units(loaded, questions * (logits + states))


def _groups(loaded: LoadedModel, study: Study, answers: Sequence[Sequence[int]]) -> list[list[str]]:
    """Divide personas into batches."""
    extras = [name for name in study.prompts if name not in study.personas]
    size = personas_at_once(loaded, len(study.questions), max(map(len, answers)))
    return [
        names[start : start + size]
        for names in (list(study.personas), extras)
        for start in range(0, len(names), size)
    ]


def _system_prompt_lengths(loaded: LoadedModel, study: Study) -> np.ndarray:
    def length(text: str) -> int:
        return len(loaded.tokenizer(text, add_special_tokens=False)["input_ids"])

    prompts = [
        [study.system_prompt(wording, persona) for persona in study.personas] for wording in study.wordings
    ]
    return np.array([[length(prompt) for prompt in of_wording] for of_wording in prompts], dtype=np.int64)
