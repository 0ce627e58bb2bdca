"""Reliability and agreement over the layers of a model."""

import numpy as np

from marker_coupling.analysis.data.composite import composite
from marker_coupling.figures import LayerBand, LayerCurve, over_layers
from marker_coupling.measures.reliability import reliability_over_wordings
from pytest_claims.statistics import pearson, row_correlations


def aligned(measurement, published):
    """The published study's personas in the order of the measured ones."""
    return [published.personas.index(persona) for persona in measurement.study.sources]


def ends(resampled):
    """95% percentile interval of resampled values, (resamples, personas)."""
    return np.quantile(resampled, [0.025, 0.975], axis=0)


def composite_reliability(measurement):
    """Reliability of the mean of the standardised cosines at the upper half of the layers.

    The layers are fixed beforehand: one that is chosen as the most reliable is so in part by chance.
    """
    upper = [layer for layer in measurement.layers if 2 * layer.layer > measurement.blocks]
    scores = composite(np.stack([layer.by_wording for layer in upper]))
    # On the scale of the layers as measured, the same for every resample.
    mean, spread = (
        function([layer.cosine_to_assistant for layer in upper], axis=1) for function in (np.mean, np.std)
    )
    resampled = np.mean(
        [(layer.resampled_by_wording - m) / s for layer, m, s in zip(upper, mean, spread, strict=True)],
        axis=0,
    )
    return reliability_over_wordings(scores, resampled)


def draw_layers(measurement, published, whole):
    """Reliability over layers, and agreement with the published numbers where personas are the same."""
    layers = measurement.layers
    reliability = [layer.reliability for layer in layers]
    own = LayerCurve(
        "reliability",
        [r.value for r in reliability],
        [r.low for r in reliability],
        [r.high for r in reliability],
    )
    sources = measurement.study.sources
    panels = [(f"reliability, N = {len(sources)} personas", "mean correlation between wordings", [own])]
    if set(sources) <= set(published.personas):
        columns = (("cosine", published.cosine_to_assistant), ("source rate", published.source_rate))
        agreement = [
            agreement_curve(layers, column[aligned(measurement, published)], f"with the published {label}")
            for label, column in columns
        ]
        panels.append(
            ("agreement of this model's cosines", "Pearson r (95% over wordings, questions)", agreement)
        )
    upper = [layer.layer for layer in layers if 2 * layer.layer > measurement.blocks]
    return over_layers(
        [layer.layer for layer in layers],
        panels,
        primary=measurement.primary_layer,
        reference=measurement.reference_layer,
        threshold=measurement.study.smallest_reliability,
        composite=LayerBand(
            "upper half together (95%)", upper[0], upper[-1], whole.value, whole.low, whole.high
        ),
    )


def agreement_curve(layers, column, label):
    """Correlation of every layer's cosines with a published column."""
    found = [pearson(layer.cosine_to_assistant, column).value for layer in layers]
    low, high = np.transpose([ends(row_correlations(layer.resampled, column)) for layer in layers])
    return LayerCurve(label, found, low, high)
