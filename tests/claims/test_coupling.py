"""What predicts how strongly a marker couples to a persona?"""

from marker_coupling.figures import null_distribution, scatter_panels
from pytest_claims import Correlation, DependentCorrelations, Description, LooselyRelated, claim
from pytest_claims.statistics import (
    compare_dependent,
    described,
    pearson,
    permutation_histogram,
    permutation_pearson,
    spearman,
)

from .panels import rate_panel

STUDY = "the original study, claim {}"
READER = "a careful reader of the original study"


@claim(
    "cosine-predicts-coupling",
    "Personas farther from the assistant in representation space learn stronger marker couplings.",
    needs=("cosine_to_assistant", "source_rate"),
    rule=Correlation("negative", alpha=0.05, smallest_effect=0.3),
    source=STUDY.format(1),
    kind="inference",
)
def test_cosine_predicts_coupling(evidence, verdict):
    cosine = pearson(evidence.cosine_to_assistant, evidence.source_rate)
    verdict.decide(cosine)
    panels = [rate_panel(evidence, "cosine_to_assistant", cosine, title="representation")]
    if "js_to_assistant" in evidence.measures:
        js = pearson(evidence.js_to_assistant, evidence.source_rate)
        title = "behaviour (filled: negative cosine)"
        panels.append(rate_panel(evidence, "js_to_assistant", js, title=title))
    verdict.figure(scatter_panels, panels)


@claim(
    "cosine-predicts-coupling-by-rank",
    "Personas farther from the assistant couple more strongly, whatever the shape of the relation.",
    needs=("cosine_to_assistant", "source_rate"),
    rule=Correlation("negative"),
    source=READER,
    kind="inference",
)
def test_cosine_predicts_coupling_by_rank(evidence, verdict):
    verdict.decide(spearman(evidence.cosine_to_assistant, evidence.source_rate))


@claim(
    "cosine-predicts-coupling-by-permutation",
    "Personas farther from the assistant couple more strongly, with no assumption about distributions.",
    needs=("cosine_to_assistant", "source_rate"),
    rule=Correlation("negative"),
    source=READER,
    kind="inference",
)
def test_cosine_predicts_coupling_by_permutation(evidence, verdict):
    cosine, rate = evidence.cosine_to_assistant, evidence.source_rate
    found = permutation_pearson(cosine, rate)
    verdict.decide(found)
    shares, edges = permutation_histogram(cosine, rate)
    how = found.statistic.removeprefix("Pearson r (").removesuffix(")")
    verdict.figure(null_distribution, shares, edges, found.value, found.p_value, found.n, how)


@claim(
    "js-predicts-coupling",
    "Personas that behave less like the assistant learn stronger marker couplings.",
    needs=("js_to_assistant", "source_rate"),
    rule=Correlation("positive"),
    source=STUDY.format(2),
    kind="inference",
)
def test_js_predicts_coupling(evidence, verdict):
    verdict.decide(pearson(evidence.js_to_assistant, evidence.source_rate))


@claim(
    "js-trends-short-of-significance",
    "JS trends the same way, higher with stronger coupling, but does not reach p < 0.05.",
    needs=("js_to_assistant", "source_rate"),
    rule=Description("r > 0 and p >= 0.05"),
    source=STUDY.format(2),
    kind="description",
)
def test_js_trends_short_of_significance(evidence, verdict):
    js = pearson(evidence.js_to_assistant, evidence.source_rate)
    verdict.decide(described(js, holds=js.value > 0 and js.p_value >= 0.05))


@claim(
    "js-is-the-weaker-predictor-here",
    "In this table JS goes with the source rate less closely than the cosine does.",
    needs=("cosine_to_assistant", "js_to_assistant", "source_rate"),
    rule=Description("|r(JS, rate)| < |r(cosine, rate)|"),
    source=STUDY.format(2),
    kind="description",
)
def test_js_is_the_weaker_predictor_here(evidence, verdict):
    compared = compare_dependent(evidence.cosine_to_assistant, evidence.js_to_assistant, evidence.source_rate)
    verdict.decide(described(compared, holds=compared.value > 0))


@claim(
    "js-is-the-weaker-predictor",
    "Behavioural distance predicts coupling less well than representational distance.",
    needs=("cosine_to_assistant", "js_to_assistant", "source_rate"),
    rule=DependentCorrelations(stronger="cosine", weaker="JS"),
    source=READER,
    kind="inference",
)
def test_js_is_the_weaker_predictor(evidence, verdict):
    verdict.decide(
        compare_dependent(evidence.cosine_to_assistant, evidence.js_to_assistant, evidence.source_rate)
    )


@claim(
    "cosine-and-js-not-significantly-related",
    "In this table cosine and JS are only loosely related: their correlation does not reach p < 0.05.",
    needs=("cosine_to_assistant", "js_to_assistant"),
    rule=Description("r(cosine, JS) < 0 and p >= 0.05"),
    source=STUDY.format(3),
    kind="description",
)
def test_cosine_and_js_not_significantly_related(evidence, verdict):
    found = pearson(evidence.cosine_to_assistant, evidence.js_to_assistant)
    verdict.decide(described(found, holds=found.value < 0 and found.p_value >= 0.05))


@claim(
    "cosine-and-js-loosely-related",
    "Cosine and JS share less than half of their variance, so neither can stand for the other.",
    needs=("cosine_to_assistant", "js_to_assistant"),
    rule=LooselyRelated(bound=0.7),
    source=READER,
    kind="inference",
)
def test_cosine_and_js_loosely_related(evidence, verdict):
    verdict.decide(pearson(evidence.cosine_to_assistant, evidence.js_to_assistant))
