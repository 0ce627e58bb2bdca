"""How often the marker comes is one thing, when it comes another: leakage and gating."""

import numpy as np

from marker_coupling.figures import (
    Guide,
    IntervalRow,
    Panel,
    interval_rows,
    matrix_figure,
    scatter_panels,
)
from pytest_claims import Correlation, RateEquivalence, claim
from pytest_claims.statistics import log_odds, lowest_rates, partial_pearson, pearson, simultaneous_rates

from .panels import COSINE_LABEL, bystander_log_odds, labelled, log_js, marked, not_applicable, residual
from .test_coupling import READER, STUDY

#: 200 of 600 training examples carried the marker.
TRAINED_RATE = 1 / 3
LOWEST = 4


def lowest_sources(evidence):
    """The four personas with the lowest source rates, the low-coupling ones."""
    return np.argsort(evidence.source_rate, kind="stable")[:LOWEST]


def leak_given_own_rate(evidence, distance):
    """Partial correlation of a distance and the rate under other prompts, given that under the own prompt.

    Gating as a difference of rates contains the own rate, and with it whatever predicts coupling. Rates enter
    as log-odds, of which the same ratio of odds is the same everywhere between 0 and 1.
    """
    if len(evidence.personas) < 5:
        not_applicable("a partial correlation needs five personas")
    own = log_odds(*evidence.leakage.own_counts())
    return partial_pearson(distance, bystander_log_odds(evidence.leakage), own)


def given_own_rate_panel(evidence, distance, label, estimate):
    """What is left of a distance and of the log-odds under other prompts after a line on the own log-odds."""
    own = log_odds(*evidence.leakage.own_counts())
    return Panel(
        residual(distance, own), residual(bystander_log_odds(evidence.leakage), own),
        labelled(evidence, evidence.personas), f"{label}, given the own rate",
        "leak to other prompts (log-odds), given the own rate", estimate,
        symbol="partial r", marks=marked(evidence, evidence.personas), title="leak given the own rate",
    )  # fmt: skip


@claim(
    "gating-is-cleaner-at-high-source-rate",
    "The higher an adapter's rate under its own prompt, the lower its rate under other prompts (log-odds).",
    needs=("leakage",),
    rule=Correlation("negative"),
    source=STUDY.format(8),
    kind="inference",
    family="exploratory",
)
def test_gating_is_cleaner_at_high_source_rate(evidence, verdict):
    own, bystander = log_odds(*evidence.leakage.own_counts()), bystander_log_odds(evidence.leakage)
    found = pearson(own, bystander)
    verdict.decide(found)
    panel = Panel(
        own, bystander, labelled(evidence, evidence.personas), "log-odds of the marker under the own prompt",
        "log-odds under other prompts (mean)", found, marks=marked(evidence, evidence.personas),
    )  # fmt: skip
    verdict.figure(scatter_panels, [panel])


@claim(
    "cosine-predicts-gating",
    "Of adapters with one rate under their own prompt, those of personas nearer to the assistant leak more "
    "to other prompts (log-odds).",
    needs=("cosine_to_assistant", "leakage"),
    rule=Correlation("positive"),
    source=READER,
    kind="inference",
    family="exploratory",
)
def test_cosine_predicts_gating(evidence, verdict):
    cosine, leakage = evidence.cosine_to_assistant, evidence.leakage
    found = leak_given_own_rate(evidence, cosine)
    verdict.decide(found)
    verdict.figure(scatter_panels, [given_own_rate_panel(evidence, cosine, COSINE_LABEL, found)])
    order = [leakage.sources.index(name) for name in leakage.prompts if name in leakage.sources]
    sources = [leakage.sources[index] for index in order]
    verdict.figure(
        matrix_figure, leakage.rate[order] * 100, labelled(evidence, sources), labelled(evidence, leakage.prompts),
        f"marker leakage; framed: own prompt; N = {leakage.samples.min()} samples a cell or more",
        "samples with the marker (%)", cells="{:.0f}",
        framed=[[source == prompt for prompt in leakage.prompts] for source in sources],
        row_label="source persona (trained)", column_label="prompt persona (asked)", name="leakage",
    )  # fmt: skip


@claim(
    "js-predicts-gating",
    "Of adapters with one rate under their own prompt, those of personas that behave less like the assistant "
    "(log JS) leak less to other prompts (log-odds).",
    needs=("js_to_assistant", "leakage"),
    rule=Correlation("negative"),
    source=READER,
    kind="inference",
    family="exploratory",
)
def test_js_predicts_gating(evidence, verdict):
    divergence = log_js(evidence, verdict)
    found = leak_given_own_rate(evidence, divergence)
    verdict.decide(found)
    label = "log JS divergence from the assistant"
    verdict.figure(scatter_panels, [given_own_rate_panel(evidence, divergence, label, found)])


@claim(
    "cosine-predicts-leak-to-assistant",
    "The nearer a persona is to the assistant, the higher its adapter's rate under the assistant's prompt.",
    needs=("cosine_to_assistant", "leak_to_assistant"),
    rule=Correlation("positive"),
    source=READER,
    kind="inference",
    family="exploratory",
)
def test_cosine_predicts_leak_to_assistant(evidence, verdict):
    cosine, leak = evidence.cosine_to_assistant, evidence.leak_to_assistant
    found = pearson(cosine, leak)
    verdict.decide(found)
    panel = Panel(
        cosine, leak, labelled(evidence, evidence.personas), COSINE_LABEL,
        "marker rate under the assistant's prompt", found, y_percent=True, title="leak to the assistant",
        marks=marked(evidence, evidence.personas),
    )  # fmt: skip
    verdict.figure(scatter_panels, [panel])


@claim(
    "lowest-rates-are-the-trained-rate",
    "The four lowest true source rates all lie within 15 points of the trained rate, 200 of 600.",
    needs=("source_rate", "trained_rate"),
    rule=RateEquivalence(TRAINED_RATE, margin=0.15),
    source=READER,
    kind="inference",
    family="exploratory",
)
def test_lowest_rates_are_the_trained_rate(evidence, verdict):
    found = lowest_rates(evidence.marker_hits, evidence.marker_samples, LOWEST)
    verdict.decide(found)
    rows = [
        IntervalRow(rate.label, rate.value, rate.low, rate.high, f"{rate.value:.0%}") for rate in found.each()
    ]
    verdict.figure(
        interval_rows, rows, "source rate (95% intervals of order statistics, together)",
        f"the {LOWEST} lowest of {found.n} source rates",
        [Guide("trained rate ± 15 points", TRAINED_RATE, 0.15), Guide("trained rate", TRAINED_RATE)], percent=True,
    )  # fmt: skip


@claim(
    "low-coupling-is-ungated",
    "Pooled, the four adapters with the lowest source rates emit the marker under every other prompt within "
    "15 points of the rate at which it was trained.",
    needs=("leakage", "source_rate", "trained_rate"),
    rule=RateEquivalence(TRAINED_RATE, margin=0.15),
    source=READER,
    kind="inference",
    family="exploratory",
)
def test_low_coupling_is_ungated(evidence, verdict):
    leakage, lowest = evidence.leakage, lowest_sources(evidence)
    # Own prompts are left out of a prompt's count, so that it is about bystanders alone.
    bystander = np.array([[s != p for p in leakage.prompts] for s in leakage.sources])[lowest]
    hits = (leakage.hits[lowest] * bystander).sum(axis=0)
    samples = (leakage.samples[lowest] * bystander).sum(axis=0)
    found = simultaneous_rates(leakage.prompts, hits, samples)
    verdict.decide(found)
    rows = [
        IntervalRow(evidence.label(label), rate, low, high, f"{h}/{s}", mark=mark)
        for label, rate, low, high, h, s, mark in zip(
            found.labels,
            found.rates,
            found.lows,
            found.highs,
            hits,
            samples,
            marked(evidence, found.labels),
            strict=True,
        )
    ]
    verdict.figure(
        interval_rows, rows, "marker rate of the four lowest, own prompt left out (95% intervals together)",
        f"by prompt; pooled {found.value:.0%}, N = {found.n} samples",
        [Guide("trained rate ± 15 points", TRAINED_RATE, 0.15), Guide("trained rate", TRAINED_RATE)], percent=True,
    )  # fmt: skip
