"""Does a model on this machine show the published geometry?

Measured on the average of several wordings, and of the upper half of the layers, which is fixed beforehand. A
measure whose wordings do not agree with each other is uninformative, and nothing is decided on it.
"""

import numpy as np

from marker_coupling.figures import Panel, matrix_figure, scatter_panels
from marker_coupling.measures.measurement import sources_distance_to_others
from pytest_claims import AtLeast, Correlation, DependentCorrelations, Estimate, claim
from pytest_claims.statistics import (
    compare_dependent,
    mantel,
    off_diagonal,
    partial_pearson,
    pearson,
    row_correlations,
    row_partial_correlations,
    with_resampling,
)

from .layers import aligned, draw_layers, ends
from .panels import labelled, marked, not_applicable

GEOMETRY, DIVERGENCE = ("model_geometry",), ("model_divergence",)
#: Only a study of the published personas can be compared with the published numbers.
PUBLISHED_GEOMETRY = (*GEOMETRY, "published_personas")
PUBLISHED_DIVERGENCE = (*DIVERGENCE, "published_personas")
QUESTION = "the original study's next steps: another base model, other layers, persona to persona"
#: Verdicts on an earlier choice of layers, and curves over all, were known when these were fixed.
COMPOSITE = f"{QUESTION}; layers fixed after layer 1 had been judged"
COSINE, JS = "this model's centred cosine to the assistant", "this model's JS divergence (nats)"
RATE = "published source rate"


def require_reliable(measurement, verdict, *layers):
    """End without a verdict where the wordings disagree about the composite, or the layers that are given."""
    found, bound = measurement.cosine_reliability(*layers).value, measurement.study.smallest_reliability
    if found < bound:
        averaged = measurement.describe_layers(*layers)
        verdict.uninformative(
            f"wordings agree too little about {averaged}: mean correlation {found:.2f}, needed {bound:g}"
        )


def require_reliable_divergence(measurement, verdict):
    """End without a verdict where the wordings disagree about JS."""
    found, bound = measurement.divergence_reliability.value, measurement.study.smallest_reliability
    if found < bound:
        verdict.uninformative(
            f"wordings agree too little about JS: mean correlation {found:.2f}, needed {bound:g}"
        )


def require_three_wordings(measurement):
    """End without a verdict where no wording can be left out to see how much depends on it."""
    if len(measurement.study.wordings) < 3:
        not_applicable("fewer than three wordings do not show how much depends on their choice")


def cosine_against(measurement, other, *layers):
    """Correlate cosines to the assistant with a published column; resample wordings and questions."""
    cosine = measurement.cosines(*layers)[:-1, -1]
    resampled = measurement.resampled_cosines(*layers)[:, :-1, -1]
    return with_resampling(pearson(cosine, other), row_correlations(resampled, other))


def title_of(measurement):
    """Title of a panel that shows the composite."""
    return f"{measurement.describe_layers()} of {measurement.blocks}"


def draw_cosine(measurement, other, label, estimate):
    """Cosines to the assistant against a published column."""
    low, high = ends(measurement.resampled_cosines()[:, :-1, -1])
    panel = Panel(
        measurement.cosine_to_assistant, other, labelled(measurement.study, measurement.study.sources), COSINE, label,
        estimate, x_low=low, x_high=high, y_percent=label == RATE, title=title_of(measurement),
        marks=marked(measurement.study, measurement.study.sources),
    )  # fmt: skip
    return scatter_panels([panel])


@claim(
    "cosine-is-reliable-across-wordings",
    "Averaged over the upper half of the layers, these personas' cosines to the assistant correlate at 0.8 or more "
    "between any two wordings of this kind, on average.",
    needs=GEOMETRY,
    rule=AtLeast(0.8),
    source="instrument check",
    kind="instrument",
)
def test_cosine_is_reliable_across_wordings(evidence, published, verdict):
    require_three_wordings(evidence)
    found, layers = evidence.cosine_reliability_over_wordings(), evidence.describe_layers()
    verdict.decide(
        Estimate(
            f"mean correlation between wordings, {layers} (interval: questions and wordings)",
            found.value, len(evidence.study.sources), ci_low=found.low, ci_high=found.high,
        )
    )  # fmt: skip
    verdict.figure(draw_layers, evidence, published, found)
    names = labelled(evidence.study, evidence.personas)
    verdict.figure(
        matrix_figure, evidence.cosines(), names, names,
        f"centred cosine, {layers}, mean of {len(evidence.study.wordings)} wordings", "cosine",
        kind="diverging", name="matrix",
    )  # fmt: skip


@claim(
    "js-is-reliable-across-wordings",
    "These personas' divergences from the assistant correlate at 0.8 or more between any two wordings of this kind, "
    "on average.",
    needs=DIVERGENCE,
    rule=AtLeast(0.8),
    source="instrument check",
    kind="instrument",
)
def test_js_is_reliable_across_wordings(evidence, verdict):
    require_three_wordings(evidence)
    found = evidence.divergence_reliability_over_wordings
    verdict.decide(
        Estimate(
            "mean correlation between wordings (interval: questions and wordings)", found.value,
            len(evidence.study.sources), ci_low=found.low, ci_high=found.high,
        )
    )  # fmt: skip
    names = labelled(evidence.study, evidence.personas)
    verdict.figure(
        matrix_figure, evidence.mean_divergence * 1000, names, names,
        f"JS divergence, mean of {len(evidence.study.wordings)} wordings", "millinats", cells="{:.0f}", name="matrix",
    )  # fmt: skip


@claim(
    "model-cosine-agrees-with-published",
    "The model's cosines to the assistant agree with the published ones.",
    needs=PUBLISHED_GEOMETRY,
    rule=Correlation("positive"),
    source=COMPOSITE,
    kind="inference",
    family="exploratory",
)
def test_model_cosine_agrees(evidence, published, verdict):
    require_reliable(evidence, verdict)
    other = published.cosine_to_assistant[aligned(evidence, published)]
    found = cosine_against(evidence, other)
    verdict.decide(found)
    verdict.figure(draw_cosine, evidence, other, "published centred cosine", found)


@claim(
    "model-js-agrees-with-published",
    "The model's divergences from the assistant agree with the published ones.",
    needs=PUBLISHED_DIVERGENCE,
    rule=Correlation("positive"),
    source=QUESTION,
    kind="inference",
    family="exploratory",
)
def test_model_js_agrees(evidence, published, verdict):
    require_reliable_divergence(evidence, verdict)
    other = published.js_to_assistant[aligned(evidence, published)]
    js, resampled = evidence.mean_divergence[:-1, -1], evidence.resampled_divergences[:, :-1, -1]
    found = with_resampling(pearson(js, other), row_correlations(resampled, other))
    verdict.decide(found)
    low, high = ends(resampled)
    panel = Panel(
        js, other, labelled(evidence.study, evidence.study.sources), JS, "published JS divergence (nats)", found, x_low=low, x_high=high,
        marks=marked(evidence.study, evidence.study.sources),
    )  # fmt: skip
    verdict.figure(scatter_panels, [panel])


@claim(
    "model-cosine-predicts-published-rates",
    "The model's cosines to the assistant predict the published source rates.",
    needs=PUBLISHED_GEOMETRY,
    rule=Correlation("negative"),
    source=COMPOSITE,
    kind="inference",
    family="exploratory",
)
def test_model_cosine_predicts_rates(evidence, published, verdict):
    require_reliable(evidence, verdict)
    rate = published.source_rate[aligned(evidence, published)]
    found = cosine_against(evidence, rate)
    verdict.decide(found)
    verdict.figure(draw_cosine, evidence, rate, RATE, found)


@claim(
    "model-distance-to-others-predicts-published-rates",
    "Personas farther from the other personas, not only from the assistant, couple more strongly.",
    needs=PUBLISHED_GEOMETRY,
    rule=Correlation("positive"),
    source=COMPOSITE,
    kind="inference",
    family="exploratory",
)
def test_model_distance_to_others_predicts_rates(evidence, published, verdict):
    require_reliable(evidence, verdict)
    rate = published.source_rate[aligned(evidence, published)]
    distance = sources_distance_to_others(evidence.cosines())
    resampled = sources_distance_to_others(evidence.resampled_cosines())
    found = with_resampling(pearson(distance, rate), row_correlations(resampled, rate))
    verdict.decide(found)
    low, high = ends(resampled)
    panel = Panel(
        distance, rate, labelled(evidence.study, evidence.study.sources), "mean distance to the others (1 - cosine)",
        RATE, found, x_low=low, x_high=high, y_percent=True, title=title_of(evidence),
        marks=marked(evidence.study, evidence.study.sources),
    )  # fmt: skip
    verdict.figure(scatter_panels, [panel])


@claim(
    "distance-to-assistant-is-the-better-predictor",
    "Distance to the assistant predicts the published source rates better than distance to the others.",
    needs=PUBLISHED_GEOMETRY,
    rule=DependentCorrelations(stronger="cosine to the assistant", weaker="mean distance to the others"),
    source=COMPOSITE,
    kind="inference",
    family="exploratory",
)
def test_distance_to_assistant_is_the_better_predictor(evidence, published, verdict):
    require_reliable(evidence, verdict)
    cosines = evidence.cosines()
    rate = published.source_rate[aligned(evidence, published)]
    verdict.decide(compare_dependent(cosines[:-1, -1], sources_distance_to_others(cosines), rate))


@claim(
    "published-leakage-follows-model-cosine",
    "The published marker leaks more between personas that are closer in this model.",
    needs=PUBLISHED_GEOMETRY,
    rule=Correlation("positive"),
    source=COMPOSITE,
    kind="inference",
    family="exploratory",
)
def test_leakage_follows_model_cosine(evidence, published, verdict):
    require_reliable(evidence, verdict)
    order = aligned(evidence, published)
    prompts = [published.leakage.prompts.index(persona) for persona in evidence.study.sources]
    leakage = published.leakage.rate[np.ix_(order, prompts)]
    cosines = evidence.cosines()[:-1, :-1]
    resampled = np.stack([off_diagonal(matrix[:-1, :-1]) for matrix in evidence.resampled_cosines()])
    verdict.decide(
        with_resampling(mantel(cosines, leakage), row_correlations(resampled, off_diagonal(leakage)))
    )


@claim(
    "prompt-length-does-not-explain-the-cosine",
    "The model's cosines agree with the published ones beyond what the length of the prompts explains.",
    needs=PUBLISHED_GEOMETRY,
    rule=Correlation("positive"),
    source="instrument check: length of the sentence is a confound",
    kind="instrument",
)
def test_prompt_length_does_not_explain_the_cosine(evidence, published, verdict):
    require_reliable(evidence, verdict)
    length = evidence.prompt_tokens.mean(axis=0)[:-1]
    other = published.cosine_to_assistant[aligned(evidence, published)]
    resampled = row_partial_correlations(evidence.resampled_cosines()[:, :-1, -1], other, length)
    verdict.decide(with_resampling(partial_pearson(evidence.cosine_to_assistant, other, length), resampled))


@claim(
    "model-cosine-agrees-at-the-original-depth",
    "At the original's relative depth, the model's cosines agree with the published ones.",
    needs=PUBLISHED_GEOMETRY,
    rule=Correlation("positive"),
    source=QUESTION,
    kind="inference",
    family="exploratory",
)
def test_model_cosine_agrees_at_the_original_depth(evidence, published, verdict):
    layer = evidence.reference_layer
    require_reliable(evidence, verdict, layer)
    other = published.cosine_to_assistant[aligned(evidence, published)]
    verdict.decide(cosine_against(evidence, other, layer))


@claim(
    "model-cosine-predicts-rates-at-the-original-depth",
    "At the original's relative depth, the model's cosines predict the published source rates.",
    needs=PUBLISHED_GEOMETRY,
    rule=Correlation("negative"),
    source=QUESTION,
    kind="inference",
    family="exploratory",
)
def test_model_cosine_predicts_rates_at_the_original_depth(evidence, published, verdict):
    layer = evidence.reference_layer
    require_reliable(evidence, verdict, layer)
    verdict.decide(cosine_against(evidence, published.source_rate[aligned(evidence, published)], layer))
