"""What predicts how strongly a marker couples to a persona?"""

from dataclasses import replace

from marker_coupling.figures import null_distribution, scatter_panels
from marker_coupling.measures.measurement import ModelMeasurement
from pytest_claims import Correlation, DependentCorrelations, Description, LooselyRelated, claim
from pytest_claims.statistics import (
    compare_dependent,
    described,
    pearson,
    permutation_histogram,
    permutation_pearson,
    permutation_spearman,
    with_bootstrap_interval,
)

from .panels import log_js, rate_panel
from .test_model import require_reliable, require_reliable_divergence

STUDY = "the original study, claim {}"
READER = "a careful reader of the original study"
#: A p-value above 0.05 is a fact about N, so such statements are read as descriptions of the table they were made of.
PUBLISHED_TABLE = "published_statistics"


@claim(
    "cosine-predicts-coupling",
    "Personas farther from the assistant in representation space learn stronger marker couplings.",
    needs=("cosine_to_assistant", "source_rate"),
    rule=Correlation("negative", alpha=0.05, smallest_effect=0.3),
    source=STUDY.format(1),
    kind="inference",
    headline=True,
)
def test_cosine_predicts_coupling(evidence, verdict):
    columns = evidence.cosine_to_assistant, evidence.source_rate
    permuted, ranked = permutation_pearson(*columns), permutation_spearman(*columns)
    # One hypothesis, judged once: the other two tests of it are shown beside the one that decides.
    beside = [
        f"beside it, deciding nothing: p = {permuted.p_value:.3f} by {_how(permuted)}",
        f"rho = {ranked.value:.2f}, p = {ranked.p_value:.3f} by rank",
    ]
    cosine = replace(pearson(*columns), detail=", and ".join(beside))
    verdict.decide(cosine)
    panels = [rate_panel(evidence, "cosine_to_assistant", cosine, title="representation")]
    if "js_to_assistant" in evidence.measures:
        js = pearson(evidence.js_to_assistant, evidence.source_rate)
        panels.append(rate_panel(evidence, "js_to_assistant", js, title="behaviour"))
    verdict.figure(scatter_panels, panels)
    shares, edges = permutation_histogram(*columns)
    verdict.figure(
        null_distribution, shares, edges, permuted.value, permuted.p_value, permuted.n, _how(permuted),
        name="permutation",
    )  # fmt: skip


def _how(permuted):
    """Name the pairings that a permutation test has counted."""
    return permuted.statistic.partition("(")[2].removesuffix(")")


@claim(
    "js-predicts-coupling",
    "Personas that behave less like the assistant learn stronger marker couplings.",
    needs=("js_to_assistant", "source_rate"),
    rule=Correlation("positive"),
    source=STUDY.format(2),
    kind="inference",
    family="exploratory",
)
def test_js_predicts_coupling(evidence, verdict):
    verdict.decide(pearson(evidence.js_to_assistant, evidence.source_rate))


@claim(
    "js-trends-short-of-significance",
    "In the published table JS trends the same way, higher with stronger coupling, short of p < 0.05.",
    needs=("js_to_assistant", "source_rate", PUBLISHED_TABLE),
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
    "Over personas, the logarithm of the JS divergence correlates less with the source rate than the cosine does.",
    needs=("cosine_to_assistant", "js_to_assistant", "source_rate"),
    rule=DependentCorrelations(stronger="cosine", weaker="log JS"),
    source=READER,
    kind="inference",
    family="exploratory",
)
def test_js_is_the_weaker_predictor(evidence, verdict):
    columns = evidence.cosine_to_assistant, log_js(evidence, verdict), evidence.source_rate
    verdict.decide(with_bootstrap_interval(compare_dependent(*columns), *columns))


@claim(
    "cosine-and-js-not-significantly-related",
    "In the published table the correlation of cosine and JS is negative and does not reach p < 0.05.",
    needs=("cosine_to_assistant", "js_to_assistant", PUBLISHED_TABLE),
    rule=Description("r(cosine, JS) < 0 and p >= 0.05"),
    source=STUDY.format(3),
    kind="description",
)
def test_cosine_and_js_not_significantly_related(evidence, verdict):
    found = pearson(evidence.cosine_to_assistant, evidence.js_to_assistant)
    verdict.decide(described(found, holds=found.value < 0 and found.p_value >= 0.05))


@claim(
    "cosine-and-js-loosely-related",
    "Over personas, cosine and JS share less than half of their variance, so neither can stand for the other.",
    # Experiments on one base model share one measurement: it is judged there, and once.
    needs=("distances",),
    rule=LooselyRelated(bound=0.7),
    source=READER,
    kind="inference",
    family="exploratory",
)
def test_cosine_and_js_loosely_related(evidence, verdict):
    if isinstance(evidence, ModelMeasurement):
        require_reliable(evidence, verdict)
        require_reliable_divergence(evidence, verdict)
    verdict.decide(pearson(evidence.cosine_to_assistant, evidence.js_to_assistant))
