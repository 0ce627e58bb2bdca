"""Distances of each source persona to the others, at every layer of a base model, with their resamples."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from marker_coupling.evidence.values.fields import FloatArray, IntArray
from marker_coupling.measures.geometry import resampled_cosine
from marker_coupling.measures.measurement import (
    LAYER_RESAMPLES,
    ModelMeasurement,
    draw,
    sources_distance_to_others,
)


@dataclass(frozen=True, eq=False)
class PersonaDistances:
    """Mean distance of each source to the other sources, by layer.

    Parameters
    ----------
    layers : (L,) layer k is the output of block k
    upper : (L,) True in the upper half of the layers
    distances : (L, sources) mean of one less the centred cosine
    resampled : (resamples, L, sources) the same of resampled wordings and questions
    cosines : (L, sources, sources) centred cosines, mean over wordings
    """

    layers: IntArray
    upper: np.ndarray
    distances: FloatArray
    resampled: FloatArray
    cosines: FloatArray

    def ranks(self, source: int) -> tuple[IntArray, IntArray]:
        """Rank of a source, 1 where it is farthest from the others.

        Returns
        -------
        ranks, resampled
            (L,) and (resamples, L)
        """
        return _rank(self.distances, source), _rank(self.resampled, source)

    def nearest(self, source: int) -> list[tuple[int, float]]:
        """Return the other sources with their cosines in the upper half of the layers, nearest first."""
        cosines = self.cosines[self.upper, source].mean(axis=0)
        order = [int(other) for other in np.argsort(-cosines, kind="stable") if other != source]
        return [(other, float(cosines[other])) for other in order]


def persona_distances(measurement: ModelMeasurement, resamples: int = LAYER_RESAMPLES) -> PersonaDistances:
    """Measure distances at every layer from layer 1 on.

    Parameters
    ----------
    resamples : of wordings and questions, the same at every layer
    """
    study, states = measurement.study, measurement.states
    layers = np.arange(1, measurement.blocks + 1)
    draws = draw(resamples, states.shape[0], states.shape[2], study.seed)
    personas = range(len(study.personas))
    cosines, resampled = [], []
    for layer in layers.tolist():
        cosines.append(measurement.cosines(layer))
        by_wording = resampled_cosine(states[:, :, :, layer], draws.questions, personas)
        by_wording = by_wording[:, :, : len(personas)]
        averaged = np.einsum("bw,bwij->bij", draws.wordings, by_wording)
        resampled.append(sources_distance_to_others(averaged))
    stacked = np.stack(cosines)
    return PersonaDistances(
        layers=layers,
        upper=np.isin(layers, measurement.composite_layers),
        distances=sources_distance_to_others(stacked),
        resampled=np.stack(resampled, axis=1),
        cosines=stacked[:, :-1, :-1],
    )


def _rank(distances: FloatArray, source: int) -> IntArray:
    farther: IntArray = 1 + (distances > distances[..., [source]]).sum(axis=-1)
    return farther
