"""Reliability and agreement over the layers of a model, and of their composite."""

import numpy as np

from marker_coupling.figures import LayerBand, LayerCurve, over_layers
from pytest_claims.statistics import pearson, row_correlations


def aligned(measurement, published):
    """The published study's personas in the order of the measured ones."""
    return [published.personas.index(persona) for persona in measurement.study.sources]


def ends(resampled):
    """95% percentile interval of resampled values, (resamples, personas)."""
    return np.quantile(resampled, [0.025, 0.975], axis=0)


def draw_layers(measurement, published, whole):
    """Reliability over layers, and agreement with the published numbers where personas are the same.

    Parameters
    ----------
    whole : reliability of the composite
    """
    layers, sources = measurement.layers, measurement.study.sources
    reliability = [layer.reliability for layer in layers]
    own = LayerCurve(
        "reliability",
        [r.value for r in reliability],
        [r.low for r in reliability],
        [r.high for r in reliability],
    )
    panels = [(f"reliability, N = {len(sources)} personas", "mean correlation between wordings", [own])]
    first, last = measurement.composite_layers[0], measurement.composite_layers[-1]
    bands = [LayerBand("upper half together (95%)", first, last, whole.value, whole.low, whole.high)]
    if set(sources) <= set(published.personas):
        columns = (("cosine", published.cosine_to_assistant), ("source rate", published.source_rate))
        order = aligned(measurement, published)
        agreement = [
            agreement_curve(layers, column[order], f"with the published {label}") for label, column in columns
        ]
        panels.append(
            ("agreement of this model's cosines", "Pearson r (95% over wordings, questions)", agreement)
        )
        bands.append(
            agreement_band(measurement, published.cosine_to_assistant[order], "upper half, with the cosine")
        )
    return over_layers(
        [layer.layer for layer in layers], panels, composite=bands,
        reference=measurement.reference_layer, threshold=measurement.study.smallest_reliability,
    )  # fmt: skip


def agreement_curve(layers, column, label):
    """Correlation of every layer's cosines with a published column."""
    found = [pearson(layer.cosine_to_assistant, column).value for layer in layers]
    low, high = np.transpose([ends(row_correlations(layer.resampled, column)) for layer in layers])
    return LayerCurve(label, found, low, high)


def agreement_band(measurement, column, label):
    """Correlation of the composite's cosines with a published column."""
    low, high = ends(row_correlations(measurement.resampled_cosines()[:, :-1, -1], column))
    value = pearson(measurement.cosine_to_assistant, column).value
    layers = measurement.composite_layers
    return LayerBand(label, layers[0], layers[-1], value, low, high)
