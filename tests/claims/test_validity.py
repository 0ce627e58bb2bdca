"""Do cosines to the assistant see the persona, or the words of its prompt?

Judged on calibrations on record, on personas that are in no study. A persona's name and its two descriptions share
no content word: a cosine that is the persona's agrees between them, one that follows words does not. Wordings that
agree say nothing about it, as all of them hold the same name.
"""

from marker_coupling.analysis.validity.validity_check import ValidityBounds
from marker_coupling.figures.validity import ValidityCurves, validity_over_layers
from marker_coupling.measures.geometry import composite_layers
from pytest_claims import Description, Estimate, claim
from pytest_claims.statistics import described

LEAST = ValidityBounds().agreement
SOURCE = "instrument check: validity of the measure, as the registered study checks it"


def draw_validity(validity):
    """Agreement and nearest names over the layers, with those of the composite marked."""
    composite = (
        f"composite: agreement {validity.agreement:.2f}, p = {validity.agreement_p:.2g}\n"
        f"own name nearest {validity.retrieval:.0%}"
    )
    curves = ValidityCurves(
        f"{validity.base_model}, N = {validity.personas}",
        validity.agreement_by_layer, validity.retrieval_by_layer, validity.chance_agreement,
        validity.chance_retrieval, composite_layers(validity.blocks)[0], composite,
    )  # fmt: skip
    return validity_over_layers([curves], LEAST)


@claim(
    "layer-1-does-not-measure-personas",
    "At layer 1, often the layer whose wordings agree most, a persona's cosine to the assistant is that of its words: "
    "it does not agree between a name and descriptions that share no word.",
    needs=("measure_validity",),
    rule=Description(f"agreement at layer 1 below {LEAST:g}, or within chance"),
    source=SOURCE,
    kind="description",
)
def test_layer_1_does_not_measure_personas(evidence, verdict):
    first, nearest = evidence.agreement_by_layer[0], evidence.retrieval_by_layer[0]
    verdict.decide(
        described(
            Estimate("mean correlation between descriptions at layer 1", first, evidence.personas),
            holds=first < LEAST or first <= evidence.chance_agreement,
            detail=f"needed {LEAST:g}, chance up to {evidence.chance_agreement:.2f}; {nearest:.1%} of descriptions "
            f"are nearest their own name, chance {evidence.chance_retrieval:.1%}; averaged over the upper half of the "
            f"layers {evidence.agreement:.2f} and {evidence.retrieval:.0%}",
        )
    )
    verdict.figure(draw_validity, evidence)


@claim(
    "upper-half-measures-personas",
    "Averaged over the upper half of the layers, a persona's cosine to the assistant agrees between a name and "
    "descriptions that share no word.",
    needs=("measure_validity",),
    rule=Description(
        f"agreement at least {LEAST:g}, above chance, and above 0 given words and length; names found; wordings reliable"
    ),
    source=SOURCE,
    kind="instrument",
)
def test_upper_half_measures_personas(evidence, verdict):
    layers = composite_layers(evidence.blocks)
    statistic = f"mean correlation between descriptions, layers {layers[0]} to {layers[-1]}"
    estimate = Estimate(statistic, evidence.agreement, evidence.personas, p_value=evidence.agreement_p)
    detail = (
        f"needed {LEAST:g}, chance up to {evidence.chance_agreement:.2f}; given words and length "
        f"{evidence.agreement_given_words:.2f}, from {evidence.agreement_given_words_low:.2f}; "
        f"{evidence.retrieval:.0%} of descriptions are nearest their own name, chance {evidence.chance_retrieval:.1%}"
    )
    failed = "; ".join(("", *evidence.failures))
    verdict.decide(described(estimate, holds=not evidence.failures, detail=f"{detail}{failed}"))
    verdict.figure(draw_validity, evidence)
