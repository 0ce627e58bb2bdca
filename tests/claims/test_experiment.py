"""What an experiment tells beyond source rates: forced probabilities, dissociation, controls."""

import numpy as np

from marker_coupling.evidence.values.dissociation import CONDITIONS
from marker_coupling.figures import Guide, IntervalRow, Panel, interval_rows, scatter_panels
from pytest_claims import AtLeast, Correlation, Negligible, claim
from pytest_claims.statistics import (
    absolute_agreement,
    mean_of,
    pearson,
    rate_difference,
    simultaneous_rates,
    wilson,
)

from .panels import COSINE_LABEL, labelled, marked

FOLLOW_UP = "the original study's follow-up on prompt gating"
CONTROL = "instrument check"
#: "Good" agreement begins here (Koo and Li 2016, doi:10.1016/j.jcm.2016.02.012).
GOOD_AGREEMENT = 0.75
FORCED_LABEL = "teacher-forced probability of the marker"


@claim(
    "cosine-predicts-marker-probability",
    "Personas farther from the assistant end a given answer with the marker more probably.",
    needs=("cosine_to_assistant", "marker_probability"),
    rule=Correlation("negative"),
    source="the original study, claim 1, measured without sampling noise",
    kind="inference",
    family="exploratory",
)
def test_cosine_predicts_marker_probability(evidence, verdict):
    cosine, probability = evidence.cosine_to_assistant, evidence.own_marker_probability
    found = pearson(cosine, probability)
    verdict.decide(found)
    panel = Panel(
        cosine,
        probability,
        labelled(evidence, evidence.personas),
        COSINE_LABEL,
        FORCED_LABEL,
        found,
        y_percent=True,
        marks=marked(evidence, evidence.personas),
    )
    verdict.figure(scatter_panels, [panel])


@claim(
    "js-predicts-marker-probability",
    "Personas that behave less like the assistant end a given answer with the marker more probably.",
    needs=("js_to_assistant", "marker_probability"),
    rule=Correlation("positive"),
    source="the original study, claim 2, measured without sampling noise",
    kind="inference",
    family="exploratory",
)
def test_js_predicts_marker_probability(evidence, verdict):
    verdict.decide(pearson(evidence.js_to_assistant, evidence.own_marker_probability))


@claim(
    "free-and-forced-rates-agree",
    "Under its own prompt, an adapter's rate in free answers is the marker's probability when forced.",
    needs=("source_rate", "marker_probability"),
    rule=AtLeast(GOOD_AGREEMENT),
    source=CONTROL,
    kind="instrument",
)
def test_free_and_forced_rates_agree(evidence, verdict):
    probability, rate = evidence.own_marker_probability, evidence.source_rate
    found = absolute_agreement(rate, probability)
    verdict.decide(found)
    low, high = wilson(evidence.marker_hits, evidence.marker_samples)
    panel = Panel(
        probability, rate, labelled(evidence, evidence.personas), FORCED_LABEL, "source rate (95% Wilson interval)", found,
        y_low=low, y_high=high, y_percent=True, marks=marked(evidence, evidence.personas), symbol="ICC", identity=True,
        title="on the dashed line both agree",
    )  # fmt: skip
    verdict.figure(scatter_panels, [panel])


@claim(
    "marker-follows-the-prompt",
    "The marker follows the persona's prompt rather than what the answer says.",
    needs=("dissociation",),
    rule=AtLeast(0.0),
    source=FOLLOW_UP,
    kind="inference",
    family="exploratory",
)
def test_marker_follows_the_prompt(evidence, verdict):
    crossed = evidence.dissociation
    verdict.decide(
        mean_of(crossed.prompt_effect - crossed.opening_effect, "prompt effect less opening effect")
    )
    hits, samples = (counts.sum(axis=0).ravel() for counts in (crossed.hits, crossed.samples))
    low, high = wilson(hits, samples)
    rows = [
        IntervalRow(
            f"{prompt} prompt, {opening} opening", h / n, a, b, f"{h}/{n}", filled=prompt == "own"
        )
        for (prompt, opening), h, n, a, b in zip(CONDITIONS, hits, samples, low, high, strict=True)
    ]  # fmt: skip
    verdict.figure(
        interval_rows, rows, "answers with the marker (95% Wilson interval)",
        f"prompt and opening crossed; {len(crossed.sources)} adapters pooled",
        meaning=("own prompt", "another persona's prompt"), percent=True,
    )  # fmt: skip


@claim(
    "shuffled-personas-gate-nothing",
    "An adapter whose markers were spread over personas at random emits it whoever is asked.",
    needs=("controls",),
    rule=Negligible(0.15),
    source=CONTROL,
    kind="instrument",
)
def test_shuffled_personas_gate_nothing(evidence, verdict):
    control = evidence.shuffled_control
    (own,) = control.own_columns()
    hits, samples = control.hits[0], control.samples[0]
    others = np.arange(len(hits)) != own
    verdict.decide(
        rate_difference(
            hits[own], samples[own], hits[others].sum(), samples[others].sum(), "own less bystander rate"
        )
    )
    low, high = wilson(hits, samples)
    rows = [
        IntervalRow(
            evidence.label(prompt) + (" (own prompt)" if place == own else ""),
            h / n,
            a,
            b,
            f"{h}/{n}",
            mark=mark,
        )
        for place, (prompt, h, n, a, b, mark) in enumerate(
            zip(control.prompts, hits, samples, low, high, marked(evidence, control.prompts), strict=True)
        )
    ]
    verdict.figure(
        interval_rows, rows, "answers with the marker (95% Wilson interval)",
        f"control: markers shuffled over personas; source {evidence.label(control.sources[0])}",
        [Guide("trained rate", evidence.trained_rate)], percent=True,
    )  # fmt: skip


@claim(
    "no-marker-no-emission",
    "An adapter that was trained without the marker does not emit it.",
    needs=("controls",),
    rule=Negligible(0.01),
    source=CONTROL,
    kind="instrument",
)
def test_no_marker_no_emission(evidence, verdict):
    control = evidence.unmarked_control
    verdict.decide(simultaneous_rates(("all prompts",), [control.hits.sum()], [control.samples.sum()]))
