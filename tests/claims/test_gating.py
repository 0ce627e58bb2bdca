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
from pytest_claims.statistics import pearson, simultaneous_rates

from .panels import COSINE_LABEL, labelled
from .test_coupling import READER

#: 200 of 600 training examples carried the marker.
TRAINED_RATE = 1 / 3
LOWEST = 4


def lowest_sources(evidence):
    """The four personas with the lowest source rates, the low-coupling ones."""
    return np.argsort(evidence.source_rate, kind="stable")[:LOWEST]


@claim(
    "cosine-predicts-gating",
    "Personas farther from the assistant gate the marker more cleanly: it keeps to their own prompt.",
    needs=("cosine_to_assistant", "leakage"),
    rule=Correlation("negative"),
    source=READER,
    kind="inference",
)
def test_cosine_predicts_gating(evidence, verdict):
    cosine, leakage = evidence.cosine_to_assistant, evidence.leakage
    gating = pearson(cosine, leakage.gating)
    verdict.decide(gating)
    names = labelled(evidence, evidence.personas)
    panels = [
        Panel(
            cosine, leakage.gating, names, COSINE_LABEL,
            "gating: own less mean bystander rate", gating, y_percent=True, title="gating",
        )
    ]  # fmt: skip
    if "leak_to_assistant" in evidence.measures:
        leak = evidence.leak_to_assistant
        panels.append(
            Panel(
                cosine, leak, names, COSINE_LABEL, "marker rate under the assistant's prompt",
                pearson(cosine, leak), y_percent=True, title="leak to the assistant",
            )
        )  # fmt: skip
    verdict.figure(scatter_panels, panels)
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
    "Personas that behave less like the assistant gate the marker more cleanly.",
    needs=("js_to_assistant", "leakage"),
    rule=Correlation("positive"),
    source=READER,
    kind="inference",
)
def test_js_predicts_gating(evidence, verdict):
    verdict.decide(pearson(evidence.js_to_assistant, evidence.leakage.gating))


@claim(
    "cosine-predicts-leak-to-assistant",
    "The nearer a persona is to the assistant, the more of its marker leaks to the assistant.",
    needs=("cosine_to_assistant", "leak_to_assistant"),
    rule=Correlation("positive"),
    source=READER,
    kind="inference",
)
def test_cosine_predicts_leak_to_assistant(evidence, verdict):
    verdict.decide(pearson(evidence.cosine_to_assistant, evidence.leak_to_assistant))


@claim(
    "lowest-rates-are-the-trained-rate",
    "The four lowest source rates all sit near 32%: the rate at which the marker was trained, 200 of 600.",
    needs=("source_rate", "trained_rate"),
    rule=RateEquivalence(TRAINED_RATE, margin=0.15),
    source=READER,
    kind="inference",
)
def test_lowest_rates_are_the_trained_rate(evidence, verdict):
    lowest = lowest_sources(evidence)
    names = tuple(evidence.personas[index] for index in lowest)
    verdict.decide(simultaneous_rates(names, evidence.marker_hits[lowest], evidence.marker_samples[lowest]))


@claim(
    "low-coupling-is-ungated",
    "The four low-coupling adapters emit the marker at the rate at which it was trained, whoever is asked.",
    needs=("leakage", "source_rate", "trained_rate"),
    rule=RateEquivalence(TRAINED_RATE, margin=0.15),
    source=READER,
    kind="inference",
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
        IntervalRow(evidence.label(label), rate, low, high, f"{h}/{s}")
        for label, rate, low, high, h, s in zip(
            found.labels, found.rates, found.lows, found.highs, hits, samples, strict=True
        )
    ]
    verdict.figure(
        interval_rows, rows, "marker rate of the four lowest, own prompt left out (95% intervals together)",
        f"by prompt; pooled {found.value:.0%}, N = {found.n} samples",
        [Guide("trained rate ± 15 points", TRAINED_RATE, 0.15), Guide("trained rate", TRAINED_RATE)], percent=True,
    )  # fmt: skip
