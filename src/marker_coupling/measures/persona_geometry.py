"""Geometry of many personas under a name and descriptions, centred on a fixed reference panel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file

from manylora.chats.chat import Chat
from manylora.models.loaded_model import LoadedModel
from manylora.progress import Progress, silent
from manylora.sampling.padded_decoding import greedy_answers
from manylora.scoring.teacher_forcing import forced_pass
from marker_coupling.measures.divergence import divergence_from
from marker_coupling.measures.geometry import centred_directions
from marker_coupling.measures.hidden_states import personas_at_once
from marker_coupling.study.personas import ASSISTANT, Persona, PersonaPool
from marker_coupling.study.registration import Registration
from marker_coupling.study.study import SLOT

Float32Array = NDArray[np.float32]
_FILE = "geometry.safetensors"


@dataclass(frozen=True, eq=False)
class PersonaGeometry:
    """Centred cosines and divergences of a pool's personas; the first text of each is its name.

    In every wording and layer the mean of the reference panel's texts is subtracted. Other personas stand
    under their names.

    Parameters
    ----------
    assistant : (L, T, W, N) cosine to the assistant, by layer, text, wording and persona; layers from the
        output of block 1 on, as all prompts end in the same token and so have the same embedding
    panel : (L, T, W, N) mean cosine to the reference panel
    others : (L, T, W, N) mean cosine to the pool's other personas
    negatives : (L, T, W, N, M) cosine to each persona of the negatives, pair by pair
    similarity : (L, T, N, N) cosine of a persona's text to each persona's name, mean over wordings
    js_nats : (T, W, N) Jensen-Shannon divergence from the assistant, mean over questions
    lexical_cosine : (T, N) cosine to the assistant of the mean of the prompt's token embeddings, in the first
        wording and centred on the panel
    prompt_tokens : (T, N) length of the system prompt in the first wording
    """

    assistant: Float32Array
    panel: Float32Array
    others: Float32Array
    negatives: Float32Array
    similarity: Float32Array
    js_nats: Float32Array
    lexical_cosine: Float32Array
    prompt_tokens: NDArray[np.int64]

    def save(self, folder: Path) -> None:
        """Write into a folder, as safetensors."""
        arrays = {field.name: getattr(self, field.name) for field in fields(self)}
        save_file({name: np.ascontiguousarray(array) for name, array in arrays.items()}, folder / _FILE)

    @classmethod
    def load(cls, folder: Path) -> PersonaGeometry:
        """Read a folder written by :meth:`save`."""
        return cls(**load_file(folder / _FILE))


def measure_geometry(
    loaded: LoadedModel, registration: Registration, pool: PersonaPool, progress: Progress = silent
) -> PersonaGeometry:
    """Measure the personas of a pool.

    Raises
    ------
    DegenerateGeometryError
        A centroid equals the panel's mean, so its direction is undefined, or is not finite.
    """
    phrases = _phrases(registration, pool)
    wordings = registration.study.wordings
    centroids, divergences = [], []
    for index, wording in enumerate(wordings):
        by_name = {name: wording.replace(SLOT, phrase) for name, phrase in phrases.items()}
        states, js = _run(loaded, registration, by_name, index, progress)
        centroids.append(states)
        divergences.append(js)
    texts = [[(persona.key, text) for persona in pool.personas] for text in range(3)]
    order = {name: row for row, name in enumerate(phrases)}
    rows = np.array([[order[name] for name in of_text] for of_text in texts])
    panel = registration.personas.reference_panel.personas
    negatives = registration.personas.negatives.personas
    everyone = [(persona.key, text) for persona in panel for text in range(3)]
    reference = [order[name] for name in everyone]
    unit = np.stack([centred_directions(states, reference) for states in centroids])  # (W, L, prompts, width)
    own = unit[:, :, rows]  # (W, L, T, N, width)

    def cosines(to: Sequence[int] | NDArray[np.int64]) -> NDArray[np.float64]:
        """Return cosines of all texts to some prompts, (W, L, T, N, prompts)."""
        return own @ unit[:, :, None, to].swapaxes(-1, -2)

    similarity = cosines(rows[0])
    count = len(pool.personas)
    without_self = similarity * ~np.eye(count, dtype=bool)
    layered = (1, 2, 0, 3)
    prompts = [wordings[0].replace(SLOT, phrase) for phrase in phrases.values()]
    tokens = [loaded.tokenizer(prompt, add_special_tokens=False)["input_ids"] for prompt in prompts]
    lexical = centred_directions(_bags(loaded, tokens)[None], reference)[0]
    js = np.stack(divergences)  # (W, prompts)
    assistant = order[ASSISTANT, 0]
    geometry = {
        "assistant": cosines([assistant])[..., 0].transpose(layered),
        "panel": cosines([order[persona.key, 0] for persona in panel]).mean(axis=-1).transpose(layered),
        "others": (without_self.sum(axis=-1) / (count - 1)).transpose(layered),
        "negatives": cosines([order[persona.key, 0] for persona in negatives]).transpose(*layered, 4),
        "similarity": similarity.mean(axis=0),
        "js_nats": js[:, rows].transpose(1, 0, 2),
        "lexical_cosine": lexical[rows] @ lexical[assistant],
    }
    return PersonaGeometry(
        **{name: array.astype(np.float32) for name, array in geometry.items()},
        prompt_tokens=np.array([len(ids) for ids in tokens])[rows],
    )


def _phrases(registration: Registration, pool: PersonaPool) -> Mapping[tuple[str, int], str]:
    """Return all phrases by persona and text: of the pool, the panel, the negatives' names, the assistant."""
    personas = registration.personas
    everyone: list[Persona] = [*pool.personas, *personas.reference_panel.personas]
    phrases = {(ASSISTANT, 0): registration.study.personas[ASSISTANT]}
    phrases |= {
        (persona.key, text): phrase for persona in everyone for text, phrase in enumerate(persona.phrases)
    }
    return phrases | {(persona.key, 0): persona.name for persona in personas.negatives.personas}


def _run(
    loaded: LoadedModel,
    registration: Registration,
    prompts: Mapping[tuple[str, int], str],
    wording: int,
    progress: Progress,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return centroids over questions, (layers, prompts, width), and divergences from the assistant."""
    questions = registration.study.questions
    assistant = loaded.chat_tokens([Chat(prompts[ASSISTANT, 0], question) for question in questions])
    answers = greedy_answers(loaded, assistant, registration.study.answer_tokens)
    answers = [answer or [min(loaded.end_tokens)] for answer in answers]
    reference = forced_pass(loaded, assistant, answers).log_probabilities
    names = list(prompts)
    size = personas_at_once(loaded, len(questions), max(map(len, answers)))
    total = len(registration.study.wordings) * len(names)
    centroids, divergences = [], []
    for start in range(0, len(names), size):
        group = [prompts[name] for name in names[start : start + size]]
        tokens = loaded.chat_tokens([Chat(system, question) for system in group for question in questions])
        result = forced_pass(loaded, tokens, answers * len(group))
        states = result.states[:, 1:].reshape(len(group), len(questions), -1, result.states.shape[-1])
        centroids.append(states.mean(dim=1, dtype=torch.float64).numpy())
        by_question = [
            divergence_from(reference[q], torch.stack(list(result.log_probabilities[q :: len(questions)])))
            for q in range(len(questions))
        ]
        divergences.append(np.mean(by_question, axis=0))
        progress("measuring personas", wording * len(names) + start + len(group), total)
    return np.concatenate(centroids).swapaxes(0, 1), np.concatenate(divergences)


def _bags(loaded: LoadedModel, tokens: Sequence[Sequence[int]]) -> NDArray[np.float64]:
    """Return the mean token embedding of each text, (texts, width)."""
    embeddings = loaded.model.get_input_embeddings().weight
    bags = [embeddings[torch.tensor(ids, device=embeddings.device)].double().mean(0) for ids in tokens]
    return torch.stack(bags).detach().cpu().numpy()
