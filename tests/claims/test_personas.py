"""Which personas couple strongly, which weakly, and which does not fit?"""

from marker_coupling.figures import Guide, Panel, interval_rows, scatter_panels
from marker_coupling.figures import IntervalRow as Row
from pytest_claims import Description, Heterogeneity, Outlier, claim
from pytest_claims.statistics import (
    critical_residual,
    described,
    leave_one_out,
    log_odds,
    outlier,
    pearson,
    rank_separation,
    rate_heterogeneity,
)

from .panels import JS_LABEL, labelled, marked, not_applicable, rate_rows
from .test_coupling import PUBLISHED_TABLE, READER, STUDY


# The sign of a centred cosine depends on who is in the panel, and both groups' sizes were chosen with the table in
# view. Elsewhere Spearman's rho answers what is left of the question; the headline shows it.
@claim(
    "highest-rates-at-negative-cosine",
    "In the published table the five personas with the highest source rates all have a negative cosine.",
    needs=("cosine_to_assistant", "source_rate", PUBLISHED_TABLE),
    rule=Description("the cosines of the five highest source rates are below 0"),
    source=STUDY.format(4),
    kind="description",
)
def test_highest_rates_at_negative_cosine(evidence, verdict):
    found = rank_separation(
        evidence.cosine_to_assistant, evidence.source_rate, k=5, which="highest", sign="negative"
    )
    verdict.decide(described(found, holds=found.value == 1))


@claim(
    "lowest-rates-at-positive-cosine",
    "In the published table the four personas with the lowest source rates all have a positive cosine.",
    needs=("cosine_to_assistant", "source_rate", PUBLISHED_TABLE),
    rule=Description("the cosines of the four lowest source rates are above 0"),
    source=STUDY.format(5),
    kind="description",
)
def test_lowest_rates_at_positive_cosine(evidence, verdict):
    found = rank_separation(
        evidence.cosine_to_assistant, evidence.source_rate, k=4, which="lowest", sign="positive"
    )
    verdict.decide(described(found, holds=found.value == 1))


@claim(
    "identical-training-different-rates",
    "The adapters of one training run do not share one source rate, each answer counted as an independent draw; "
    "whether they differ by persona, negatives or order of training one run cannot tell.",
    needs=("source_rate",),
    rule=Heterogeneity(),
    source=STUDY.format(7),
    kind="inference",
    family="exploratory",
)
def test_identical_training_different_rates(evidence, verdict):
    found = rate_heterogeneity(evidence.marker_hits, evidence.marker_samples)
    verdict.decide(found)
    guides = [Guide("trained share of markers", evidence.trained_rate)] if evidence.trained_examples else []
    p = f"p = {found.p_value:.1g}"
    title = f"chi-square = {found.value:.1f} on {found.degrees_of_freedom}, {p}, N = {found.n} samples"
    verdict.figure(
        interval_rows, rate_rows(evidence), "source rate (95% Wilson interval)", title, guides, percent=True,
    )  # fmt: skip


@claim(
    "librarian-is-the-outlier",
    "Of all personas the librarian lies farthest from the line of source rate (log-odds) on JS.",
    needs=("js_to_assistant", "source_rate", "persona:librarian"),
    rule=Outlier("librarian"),
    source=STUDY.format(6),
    kind="inference",
    family="exploratory",
)
def test_librarian_is_the_outlier(evidence, verdict):
    rate = log_odds(evidence.marker_hits, evidence.marker_samples)
    found = outlier(evidence.personas, evidence.js_to_assistant, rate)
    verdict.decide(found)
    critical = critical_residual(found.degrees_of_freedom, found.n, 0.025)
    rows = [
        Row(
            evidence.label(label),
            residual,
            min(0.0, residual),
            max(0.0, residual),
            f"{residual:+.2f}",
            mark=mark,
        )
        for label, residual, mark in zip(
            found.labels, found.residuals, marked(evidence, found.labels), strict=True
        )
    ]
    verdict.figure(
        interval_rows, rows, f"externally studentised residual of log-odds on JS (t, {found.degrees_of_freedom} df)",
        f"{evidence.label(found.label)}: t = {found.value:.2f}, Bonferroni p = {found.p_value:.3f}, N = {found.n}",
        [Guide("not significant", 0.0, critical)],
    )  # fmt: skip


@claim(
    "js-predicts-coupling-without-the-librarian",
    "In the published table without the librarian, JS correlates with the source rate at p < 0.05.",
    needs=("js_to_assistant", "source_rate", "persona:librarian", PUBLISHED_TABLE),
    rule=Description("without the librarian r(JS, rate) > 0 and p < 0.05; chosen after seeing the table"),
    source=READER,
    kind="description",
)
def test_js_predicts_coupling_without_the_librarian(evidence, verdict):
    kept = [persona != "librarian" for persona in evidence.personas]
    js, rate = evidence.js_to_assistant[kept], evidence.source_rate[kept]
    found = pearson(js, rate)
    verdict.decide(described(found, holds=found.value > 0 and found.p_value < 0.05))
    others = [persona for persona in evidence.personas if persona != "librarian"]
    panel = Panel(
        js, rate, labelled(evidence, others), JS_LABEL, "source rate", found, y_percent=True,
        title="without the librarian", marks=marked(evidence, others),
    )  # fmt: skip
    verdict.figure(scatter_panels, [panel])


@claim(
    "one-persona-can-swing-the-headline",
    "Here the headline correlation is significant, and leaving out a single persona can take it past p = 0.05.",
    needs=("cosine_to_assistant", "source_rate"),
    rule=Description("the whole has p < 0.05, and some leave-one-out correlation p >= 0.05"),
    source=READER,
    kind="description",
)
def test_one_persona_can_swing_the_headline(evidence, verdict):
    whole = pearson(evidence.cosine_to_assistant, evidence.source_rate)
    if whole.p_value >= 0.05:
        not_applicable(f"the headline correlation has p = {whole.p_value:.3f}, and no significance to lose")
    parts = leave_one_out(evidence.personas, evidence.cosine_to_assistant, evidence.source_rate)
    lost = [part for part in parts if part.correlation.p_value >= 0.05]
    detail = f"{len(lost)} of {len(parts)} leave-one-outs have p >= 0.05"
    verdict.decide(described(whole, holds=bool(lost), detail=detail))
    rows = [
        Row(
            f"without {evidence.label(part.left_out)}", part.correlation.value, part.correlation.ci_low,
            part.correlation.ci_high, f"p = {part.correlation.p_value:.3f}", part.correlation.p_value < 0.05,
        )
        for part in parts
    ]  # fmt: skip
    verdict.figure(
        interval_rows, rows, "Pearson r of cosine and source rate (95% interval)",
        f"{detail}; N = {whole.n - 1} in each",
        [Guide(f"all {whole.n}: r = {whole.value:.2f}, p = {whole.p_value:.3f}", whole.value)],
        meaning=("p < 0.05", "p ≥ 0.05"),
    )  # fmt: skip
