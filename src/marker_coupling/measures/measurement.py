"""Measurement of a base model: hidden states and divergences, and the statistics computed from them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file

from marker_coupling.evidence.values.fields import FloatArray
from marker_coupling.measures.geometry import centred_cosine, composite_layers, resampled_cosine
from marker_coupling.measures.reliability import Reliability, reliability, reliability_over_wordings
from marker_coupling.study.study import Study

#: Resamples for the summaries of all layers, whose intervals are drawn in a figure.
LAYER_RESAMPLES = 200
_TENSORS, _FACTS = "measurement.safetensors", "measurement.json"


@dataclass(frozen=True, eq=False)
class Draws:
    """Weights of wordings and questions in each resample; the weights of a resample sum to one.

    Parameters
    ----------
    wordings : (resamples, wordings)
    questions : (resamples, questions)
    """

    wordings: FloatArray
    questions: FloatArray


def draw(resamples: int, wordings: int, questions: int, seed: int) -> Draws:
    """Draw wordings and questions with replacement, each as many as there are."""
    generator = np.random.default_rng(seed)
    return Draws(
        wordings=generator.multinomial(wordings, [1 / wordings] * wordings, resamples) / wordings,
        questions=generator.multinomial(questions, [1 / questions] * questions, resamples) / questions,
    )


@dataclass(frozen=True, eq=False)
class LayerSummary:
    """Summary of one layer.

    Parameters
    ----------
    layer : the output of block k
    reliability : of the cosines to the assistant, between wordings
    cosine_to_assistant : (sources,) averaged over wordings
    resampled : (resamples, sources) the same of resampled wordings and questions
    """

    layer: int
    reliability: Reliability
    cosine_to_assistant: FloatArray
    resampled: FloatArray


@dataclass(frozen=True, eq=False)
class ModelMeasurement:
    """A base model asked as every persona, in every wording.

    Cosines are centred cosines averaged over layers: over those that a method is given, or, without any,
    over those of the composite. Their reliability and resamples follow from that average.

    Parameters
    ----------
    study : personas, wordings and questions
    base_model, fingerprint : name and digest of the model
    precision, device : that it computed in and on
    states : (wordings, prompts, questions, layers, width) float32, hidden state at the last prompt token;
        prompts in the order of ``study.prompts``; layer 0 is the embedding, layer k the output of block k
    divergences : (wordings, personas, personas, questions) float64, nats
    prompt_tokens : (wordings, personas) number of tokens of the system prompt
    answers : (questions,) the assistant's answers on which distributions were compared
    determined_by : provenance key of the numbers
    """

    study: Study
    base_model: str
    fingerprint: str
    precision: str
    device: str
    states: NDArray[np.float32]
    divergences: FloatArray
    prompt_tokens: NDArray[np.int64]
    answers: tuple[str, ...]
    determined_by: str

    @property
    def blocks(self) -> int:
        """The number of transformer blocks; also the last layer."""
        return int(self.states.shape[3]) - 1

    @property
    def personas(self) -> tuple[str, ...]:
        """Sources and, last, the assistant."""
        return tuple(self.study.personas)

    @property
    def composite_layers(self) -> tuple[int, ...]:
        """The layers over which cosines are averaged: the upper half, fixed beforehand."""
        return tuple(composite_layers(self.blocks))

    @property
    def reference_layer(self) -> int:
        """The layer at the original's relative depth."""
        return self.study.reference_layer(self.blocks)

    @cached_property
    def draws(self) -> Draws:
        """Bootstrap draws of wordings and questions, the same for every statistic."""
        return draw(self.study.resamples, *self._wordings_and_questions, self.study.seed)

    def describe_layers(self, *layers: int) -> str:
        """Return layers for people to read, such as ``average of layers 16 to 30``."""
        chosen = layers or self.composite_layers
        if len(chosen) == 1:
            return f"layer {chosen[0]}"
        return f"average of layers {chosen[0]} to {chosen[-1]}"

    def cosines_by_wording(self, *layers: int) -> FloatArray:
        """Centred cosines averaged over layers, (wordings, personas, personas)."""
        personas = len(self.study.personas)
        total = np.zeros((self.states.shape[0], personas, personas))
        chosen = layers or self.composite_layers
        for layer in chosen:
            centroids = self.states[:, :, :, layer].mean(axis=2, dtype=np.float64)
            total += centred_cosine(centroids, range(centroids.shape[1]))[:, :personas, :personas]
        average: FloatArray = total / len(chosen)
        return average

    def cosines(self, *layers: int) -> FloatArray:
        """Centred cosines averaged over layers and wordings, (personas, personas)."""
        average: FloatArray = self.cosines_by_wording(*layers).mean(axis=0)
        return average

    def resampled_cosines(self, *layers: int) -> FloatArray:
        """Centred cosines of resampled wordings and questions, (resamples, personas, personas)."""
        chosen = layers or self.composite_layers
        if chosen not in self._resampled:
            by_wording = self._resampled_by_wording(chosen, self.draws, range(len(self.study.personas)))
            self._resampled[chosen] = np.einsum("bw,bwij->bij", self.draws.wordings, by_wording)
        return self._resampled[chosen]

    def cosine_reliability(self, *layers: int) -> Reliability:
        """Return the reliability between wordings of the cosines to the assistant."""
        return reliability(*self._to_assistant_by_wording(layers, self.draws))

    def cosine_reliability_over_wordings(self, *layers: int) -> Reliability:
        """Return the same, with an interval that allows for other wordings; at least three are needed."""
        return reliability_over_wordings(*self._to_assistant_by_wording(layers, self.draws))

    @cached_property
    def mean_divergence(self) -> FloatArray:
        """JS divergences averaged over wordings and questions, (personas, personas) nats."""
        average: FloatArray = self.divergences.mean(axis=(0, 3))
        return average

    @property
    def cosine_to_assistant(self) -> FloatArray:
        """Cosines of the sources to the assistant, averaged over the composite's layers, (sources,)."""
        return self.cosines()[:-1, -1]

    @property
    def js_to_assistant(self) -> FloatArray:
        """Divergences of the sources from the assistant, (sources,) nats."""
        divergences: FloatArray = self.mean_divergence[:-1, -1]
        return divergences

    @cached_property
    def resampled_divergences(self) -> FloatArray:
        """JS divergences of resampled wordings and questions, (resamples, personas, personas) nats."""
        by_question = np.einsum("bw,wijq->bijq", self.draws.wordings, self.divergences)
        resampled: FloatArray = np.einsum("bq,bijq->bij", self.draws.questions, by_question)
        return resampled

    @cached_property
    def layers(self) -> tuple[LayerSummary, ...]:
        """Summaries of all layers, from layer 1 on.

        At layer 0 all prompts end in the same token and so have the same embedding.
        """
        few = draw(LAYER_RESAMPLES, *self._wordings_and_questions, self.study.seed)
        return tuple(self._summary(layer, few) for layer in range(1, self.blocks + 1))

    @cached_property
    def divergence_reliability(self) -> Reliability:
        """Reliability between wordings of the divergences from the assistant."""
        return reliability(*self._divergences_by_wording)

    @cached_property
    def divergence_reliability_over_wordings(self) -> Reliability:
        """The same, with an interval that allows for other wordings; at least three are needed."""
        return reliability_over_wordings(*self._divergences_by_wording)

    @cached_property
    def _divergences_by_wording(self) -> tuple[FloatArray, FloatArray]:
        """Divergences from the assistant, (wordings, sources); of resampled questions, (resamples, ...)."""
        to_assistant = self.divergences[:, :-1, -1]
        resampled = np.einsum("bq,wiq->bwi", self.draws.questions, to_assistant)
        return to_assistant.mean(axis=-1), resampled

    @cached_property
    def sha256(self) -> str:
        """Digest of all measured numbers."""
        digest = hashlib.sha256()
        for array in (self.states, self.divergences, self.prompt_tokens):
            digest.update(array.tobytes())
        return digest.hexdigest()

    @property
    def properties(self) -> Mapping[str, str]:
        """Facts for the head of a report."""
        return {
            "base_model": self.base_model,
            "fingerprint": self.fingerprint,
            "study": self.study.digest,
            "precision": self.precision,
            "device": self.device,
            "cosine_layers": describe_hidden_states(self.composite_layers, self.blocks),
        }

    def __str__(self) -> str:
        width, heading = max(map(len, self.study.sources)), f"cosine ({self.describe_layers()})"
        lines = [f"{'persona':{width}}  {heading}  JS (nats)"]
        columns = self.study.sources, self.cosine_to_assistant, self.js_to_assistant
        for persona, cosine, js in zip(*columns, strict=True):
            lines.append(f"{persona:{width}}  {cosine:+{len(heading)}.3f}  {js:9.4f}")
        return "\n".join(lines)

    def save(self, folder: Path) -> None:
        """Write the measurement into a folder, as safetensors and JSON."""
        tensors: dict[str, NDArray[Any]] = {
            "states": self.states,
            "divergences": self.divergences,
            "prompt_tokens": self.prompt_tokens,
        }
        save_file(tensors, folder / _TENSORS)
        facts = {
            name: getattr(self, name)
            for name in ("base_model", "fingerprint", "precision", "device", "answers", "determined_by")
        }
        (folder / _FACTS).write_text(json.dumps(facts, indent=1), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path, study: Study) -> ModelMeasurement:
        """Read a folder written by :meth:`save` for the same study."""
        facts: dict[str, Any] = json.loads((folder / _FACTS).read_text(encoding="utf-8"))
        facts["answers"] = tuple(facts["answers"])
        tensors: dict[str, Any] = load_file(folder / _TENSORS)
        return cls(study=study, **facts, **tensors)

    @cached_property
    def _resampled(self) -> dict[tuple[int, ...], FloatArray]:
        return {}

    @property
    def _wordings_and_questions(self) -> tuple[int, int]:
        return int(self.states.shape[0]), int(self.states.shape[2])

    def _resampled_by_wording(self, layers: Sequence[int], draws: Draws, to: Sequence[int]) -> FloatArray:
        """Centred cosines to some personas of resampled questions, (resamples, wordings, personas, to)."""
        first, *others = layers
        total = resampled_cosine(self.states[:, :, :, first], draws.questions, to)
        for layer in others:
            total += resampled_cosine(self.states[:, :, :, layer], draws.questions, to)
        average: FloatArray = total[:, :, : len(self.study.personas)] / len(layers)
        return average

    def _to_assistant_by_wording(
        self, layers: tuple[int, ...], draws: Draws
    ) -> tuple[FloatArray, FloatArray]:
        """Cosines to the assistant, (wordings, sources); of resampled questions, (resamples, ...)."""
        chosen, assistant = layers or self.composite_layers, len(self.study.personas) - 1
        resampled = self._resampled_by_wording(chosen, draws, [assistant])[:, :, :-1, 0]
        return self.cosines_by_wording(*chosen)[:, :-1, -1], resampled

    def _summary(self, layer: int, draws: Draws) -> LayerSummary:
        by_wording, resampled = self._to_assistant_by_wording((layer,), draws)
        return LayerSummary(
            layer=layer,
            reliability=reliability(by_wording, resampled),
            cosine_to_assistant=by_wording.mean(axis=0),
            resampled=np.einsum("bw,bwp->bp", draws.wordings, resampled),
        )


def describe_hidden_states(layers: Sequence[int], blocks: int) -> str:
    """Return the layers of an average for the head of a report."""
    return f"average of hidden_states[{layers[0]}] to hidden_states[{layers[-1]}] of {blocks} blocks"


def sources_distance_to_others(cosines: FloatArray) -> FloatArray:
    """Mean of one less the cosine of each source persona to all other sources.

    Parameters
    ----------
    cosines : (..., personas, personas), the assistant last

    Returns
    -------
    (..., sources) float in [0, 2]
    """
    sources = cosines.shape[-1] - 1
    distances = (1 - cosines[..., :-1, :-1]) * ~np.eye(sources, dtype=bool)
    mean: FloatArray = distances.sum(axis=-1) / (sources - 1)
    return mean
