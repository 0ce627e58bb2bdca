"""Next questions on the evidence of the registered study: leak between personas, ungated adapters, strings, seeds.

Exploratory, beside the registered hypotheses. Rules and bounds were fixed before any evidence; docs/adjudication.md
gives the reasons for the bounds.
"""

import numpy as np

from marker_coupling.analysis.data.from_evidence import base_model_data
from marker_coupling.analysis.data.variables import outcome_by_seed
from marker_coupling.analysis.exploratory.bins import binned_means
from marker_coupling.analysis.exploratory.crossed_cells import crossed_correlation
from marker_coupling.analysis.exploratory.leak_between_personas import leak_cells, pair_names
from marker_coupling.analysis.exploratory.seed_reliability import seed_reliability
from marker_coupling.analysis.exploratory.ungated_adapters import gating_of_adapters
from marker_coupling.analysis.exploratory.ungated_model import (
    BETWEEN,
    NEAR_NEGATIVES,
    WITHIN,
    odds_ratios,
    predictors_of_gating,
    too_few,
    within_personas,
)
from marker_coupling.analysis.exploratory.untrained_prompts import (
    DESCRIPTIONS,
    WORDINGS,
    coupling_over_bystanders,
    lacks_coupling,
    prompts_of_kind,
    retained_share,
    untrained_over_bystanders,
)
from marker_coupling.analysis.study_analysis import outcome_reliability
from marker_coupling.figures import Guide, IntervalRow, interval_rows
from marker_coupling.figures.binned import BinnedPanel, binned_panels
from marker_coupling.figures.components import stacked_parts
from marker_coupling.figures.many_points import CloudPanel, scatter_clouds
from pytest_claims import Above, AtLeast, Estimate, claim

EXPLORATORY = {
    "kind": "inference",
    "family": "exploratory",
    "source": "next questions of the registered study, fixed before its evidence",
}
#: In the figure, below the whole.
LABELS = {WITHIN: "the same, within personas", BETWEEN: "the same, between personas"}


def over(count):
    return f"over {count} base models" if count > 1 else "one base model"


def listed(reasons):
    """Base models that are left out, each with the reason."""
    return [f"{name} left out: {reason}" for name, reason in reasons.items()]


def informative(bodies, reasons, verdict):
    """Base models without a reason against them; ends without a verdict where there is none."""
    kept = [body for body in bodies if not reasons.get(body.base_model)]
    against = {name: reason for name, reason in reasons.items() if reason}
    if not kept:
        verdict.uninformative("; ".join(listed(against)))
    return kept, listed(against)


@claim(
    "adapter-leak-follows-pairwise-cosine",
    "Of two other personas, an adapter leaks more of its marker to the one whose cosine to its source is higher.",
    needs=("registered_cosines",),
    rule=Above(0.0, 0.1, alpha=0.05),
    **EXPLORATORY,
)
def test_leak_follows_cosine(evidence, verdict):
    bodies, categories = evidence.valid_bodies, evidence.categories
    cells = [leak_cells(body) for body in bodies]
    found = crossed_correlation(cells, categories)
    verdict.decide(
        Estimate(
            f"partial r of forced log-odds and cosine, given adapter and prompt ({over(len(bodies))})",
            found.r, len(bodies[0].personas), ci_low=found.low, ci_high=found.high, p_value=found.p,
            detail="; ".join(
                [
                    f"{sum(each.outcome.size for each in cells):,} cells; p by random signs {found.p_signs:.2g}, "
                    f"by t {found.p_t:.2g}",
                    *listed(evidence.invalid),
                ]
            ),
        )
    )  # fmt: skip
    panels = []
    for body, each in zip(bodies, cells, strict=True):
        alone = crossed_correlation([each], categories, draws=1)
        root = np.sqrt(each.degrees_of_freedom)
        x, y = (values.ravel() * root for values in (each.predictor, each.outcome))
        means = binned_means(
            x, y, np.repeat(np.tile(categories.codes, len(body.seeds)), body.bystanders.shape[2])
        )
        caption = f"partial r = {alone.r:.2f} [{alone.low:.2f}, {alone.high:.2f}], {x.size:,} cells"
        panels.append(
            BinnedPanel(
                means.centres, means.values, means.lows, means.highs, body.base_model, caption, x, y,
                pair_names(body, each), alone.r,
            )
        )  # fmt: skip
    verdict.figure(
        binned_panels, panels, "cosine of source and bystander, residual (SD)",
        "log-odds under the bystander, residual (SD)",
    )  # fmt: skip


@claim(
    "ungated-adapters-near-negatives",
    "Adapters that do not gate are of personas nearer the negatives that they were trained with.",
    needs=("registered_cosines",),
    rule=Above(1.0, 1.25),
    **EXPLORATORY,
)
def test_ungated_adapters(evidence, verdict):
    smallest = evidence.registration.calibration.smallest_gating
    ungated = {
        body.base_model: gating_of_adapters(body).is_ungated(smallest) for body in evidence.valid_bodies
    }
    reasons = {name: too_few(of_model) for name, of_model in ungated.items()}
    bodies, left_out = informative(evidence.valid_bodies, reasons, verdict)
    chosen = {body.base_model: ungated[body.base_model] for body in bodies}
    predictors = {body.base_model: predictors_of_gating(body) for body in bodies}
    ratios = odds_ratios(chosen, predictors, evidence.categories)
    # Shown beside it: what else sets personas apart is the same in all their seeds.
    split = {name: within_personas(columns) for name, columns in predictors.items()}
    ratios += tuple(
        ratio
        for ratio in odds_ratios(chosen, split, evidence.categories)
        if ratio.predictor in (WITHIN, BETWEEN)
    )
    joint = {ratio.predictor: ratio for ratio in ratios if not ratio.base_model}
    found = joint[NEAR_NEGATIVES]
    shares = ", ".join(f"{name} {of_model.mean():.0%}" for name, of_model in chosen.items())
    others = ", ".join(
        f"{name} {ratio.value:.2f} [{ratio.low:.2f}, {ratio.high:.2f}]"
        for name, ratio in joint.items()
        if name != NEAR_NEGATIVES
    )
    verdict.decide(
        Estimate(
            f"odds ratio of being ungated for 1 SD of {NEAR_NEGATIVES} ({over(len(bodies))})",
            found.value, len(bodies[0].personas), ci_low=found.low, ci_high=found.high, p_value=found.p,
            detail="; ".join([f"ungated: {shares}", f"others: {others}", *left_out, *listed(evidence.invalid)]),
        )
    )  # fmt: skip
    rows = []
    for name in sorted(joint, key=[NEAR_NEGATIVES, WITHIN, BETWEEN, *joint].index):
        of_models = [ratio for ratio in ratios if ratio.predictor == name and ratio.base_model]
        for ratio in [joint[name], *(of_models if len(of_models) > 1 else [])]:
            label = ratio.base_model or LABELS.get(name, name)
            rows.append(
                IntervalRow(
                    label, ratio.value, ratio.low, ratio.high, f"p = {ratio.p:.2g}", not ratio.base_model
                )
            )
    verdict.figure(
        interval_rows, rows, "odds ratio of being ungated for 1 SD (95% interval)",
        f"ungated: gating not shown to reach {smallest:g}",
        [Guide("no effect", 1.0), Guide("smallest of interest", 1.25)],
        meaning=("mean over base models", "one base model"), ratio=True,
    )  # fmt: skip
    panels = []
    for body in bodies:
        x, y = predictors[body.base_model][NEAR_NEGATIVES], chosen[body.base_model].astype(float)
        means = binned_means(x.ravel(), y.ravel(), np.repeat(evidence.categories.codes, len(body.seeds)))
        caption = f"{y.mean():.0%} of {y.size:,} adapters"
        panels.append(
            BinnedPanel(means.centres, means.values, means.lows, means.highs, body.base_model, caption)
        )
    verdict.figure(
        binned_panels, panels, f"{NEAR_NEGATIVES} (SD)", "ungated adapters", percent=True, name="shares"
    )


def judge_retained(evidence, verdict, kind, x_label):
    """Decide on the share that a kind of untrained prompt retains, and draw it by prompt and by persona."""
    categories = evidence.categories
    reasons = {body.base_model: lacks_coupling(body, categories) for body in evidence.bodies}
    bodies, left_out = informative(evidence.bodies, reasons, verdict)
    trained = [coupling_over_bystanders(body) for body in bodies]
    untrained = [untrained_over_bystanders(body, prompts_of_kind(body, kind)) for body in bodies]
    found = retained_share(untrained, trained, categories)
    verdict.decide(
        Estimate(
            f"share of the log-odds over bystanders that {kind}s retain ({over(len(bodies))})",
            found.value, len(bodies[0].personas), ci_low=found.low, ci_high=found.high,
            detail="; ".join(left_out),
        )
    )  # fmt: skip
    rows = []
    for body, of_trained in zip(bodies, trained, strict=True):
        for index, name in enumerate(body.untrained_prompts):
            share = retained_share([untrained_over_bystanders(body, [index])], [of_trained], categories)
            rows.append(
                IntervalRow(
                    f"{body.base_model}, {name}", share.value, share.low, share.high, f"{share.value:.0%}",
                    name.startswith(kind),
                )
            )  # fmt: skip
    verdict.figure(
        interval_rows, rows, "share of the trained prompt's coupling that is retained (95% interval)",
        f"together {found.value:.0%} [{found.low:.0%}, {found.high:.0%}], N = {len(bodies[0].personas)}",
        [Guide("as under another persona", 0.0), Guide("as under the trained prompt", 1.0)],
        meaning=(f"{kind}s: decided here", "others"), percent=True,
    )  # fmt: skip
    names = [name.replace("_", " ") for name in bodies[0].personas]
    panels = []
    for body, x, y in zip(bodies, trained, untrained, strict=True):
        alone = retained_share([y], [x], categories)
        caption = f"retained {alone.value:.0%} [{alone.low:.0%}, {alone.high:.0%}], N = {x.size}"
        panels.append(CloudPanel(x, y, names, body.base_model, caption))
    verdict.figure(
        scatter_clouds, panels, "log-odds under the trained prompt, over bystanders", x_label, name="personas"
    )


@claim(
    "marker-carries-to-other-wordings",
    "More than half of the coupling carries over to wordings of the persona's name that training never saw.",
    needs=("registered_couplings",),
    rule=AtLeast(0.5),
    **EXPLORATORY,
)
def test_other_wordings(evidence, verdict):
    judge_retained(evidence, verdict, WORDINGS, "the same under other wordings")


@claim(
    "marker-carries-to-descriptions",
    "Some of the coupling carries over to descriptions of the persona that share no word with its name.",
    needs=("registered_couplings",),
    rule=Above(0.0, 0.1),
    **EXPLORATORY,
)
def test_descriptions(evidence, verdict):
    judge_retained(evidence, verdict, DESCRIPTIONS, "the same under descriptions")


@claim(
    "coupling-strength-is-of-the-persona",
    "Coupling strength is the persona's: its mean over the seeds has a reliability of at least 0.7.",
    needs=("registered_couplings",),
    rule=AtLeast(0.7),
    **EXPLORATORY,
)
def test_reliability_over_seeds(evidence, verdict):
    bodies, categories = evidence.bodies, evidence.categories
    scores = [outcome_by_seed(base_model_data(body), body.outcome) for body in bodies]
    if scores[0].shape[1] < 2:
        verdict.uninformative("one seed does not show what repeats")
    found = seed_reliability(scores, categories)
    known = [outcome_reliability(base_model_data(body), body.outcome) for body in bodies]
    names = [body.base_model for body in bodies]
    components = "; ".join(
        f"{name}: variance of persona {of_model.components.persona:.3g}, seed {of_model.components.seed:.3g}, "
        f"persona x seed {of_model.components.persona_seed:.3g}"
        for name, of_model in zip(names, known, strict=True)
    )
    verdict.decide(
        Estimate(
            f"reliability of the mean over {len(bodies[0].seeds)} seeds ({over(len(bodies))})", found.value,
            len(bodies[0].personas), ci_low=found.low, ci_high=found.high, detail=components,
        )
    )  # fmt: skip
    parts = [of_model.components for of_model in known]
    remarks = [
        f"{each.intraclass.mean:.2f} [{each.intraclass.mean_low:.2f}, {each.intraclass.mean_high:.2f}]"
        for each in known
    ]
    stacked = {
        "persona": [part.persona for part in parts],
        "seed": [part.seed for part in parts],
        "persona x seed: its negatives": [part.negatives or 0.0 for part in parts],
        "persona x seed: sampling of answers": [part.binomial or 0.0 for part in parts],
        "persona x seed: unexplained": [part.unexplained for part in parts],
    }
    verdict.figure(
        stacked_parts, names, stacked, "share of the variance of one adapter's coupling strength",
        f"at the right: reliability of the mean over {len(bodies[0].seeds)} seeds, 95% by F", remarks=remarks,
    )  # fmt: skip
    rows = []
    for name, of_model in zip(names, scores, strict=True):
        alone = seed_reliability([of_model], categories)
        rows.append(IntervalRow(name, alone.value, alone.low, alone.high, f"{alone.value:.2f}", False))
    if len(rows) > 1:
        rows.append(IntervalRow("together", found.value, found.low, found.high, f"{found.value:.2f}"))
    verdict.figure(
        interval_rows, rows, f"reliability of the mean over {len(bodies[0].seeds)} seeds (95% interval)",
        f"outcome: {bodies[0].outcome}, N = {len(bodies[0].personas)}", [Guide("needed", 0.7)], name="reliability",
    )  # fmt: skip
