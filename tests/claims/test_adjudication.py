"""The registered hypotheses: does distance from the assistant predict how strongly a marker couples?

Their statements, their order and what each verdict means stand in fixtures/adjudication/registration.toml.
"""

import numpy as np

from marker_claims.registered_study import RegisteredDecision
from marker_coupling.analysis.data.categories import categories_of
from marker_coupling.analysis.decisions.specification_curve import specification_curve
from marker_coupling.analysis.decisions.study_specifications import headline_specifications
from marker_coupling.analysis.decisions.supplements import random_effects_of
from marker_coupling.figures.forest import ForestRow, forest_plot
from marker_coupling.figures.many_points import CloudPanel, scatter_clouds
from marker_coupling.figures.specification import specification_figure
from pytest_claims import claim

STUDY = {"needs": ("registered_study",), "rule": RegisteredDecision(), "kind": "inference"}
SOURCE = "the registered study, hypothesis {}"


def forest_rows(evidence, hypothesis):
    """Base models one by one, then all together: observed, of true scores, and by random effects."""
    result = evidence.result(hypothesis)
    seeds, personas = len(evidence.bodies[0].seeds), len(evidence.bodies[0].personas)
    rows = []
    for name, alone in evidence.analysis.by_base_model.items():
        joint = alone[hypothesis].joint
        remark = f"p = {alone[hypothesis].p_claimed:.2g}, N = {personas}, {seeds} seeds"
        rows.append(ForestRow(name, joint.r, joint.low, joint.high, remark, result.joint.weight))
    if len(rows) > 1:
        joint, remark = result.joint, f"p = {result.p_claimed:.2g}"
        rows.append(ForestRow("joint", joint.r, joint.low, joint.high, remark, is_joint=True))
    if (true := result.true) is not None:
        label = f"true scores ({true.level:.0%} interval)"
        rows.append(ForestRow(label, true.value, true.low, true.high, result.decision.verdict, is_joint=True))
    if (effects := random_effects_of(result)) is not None:
        # An open mark: base models that share personas are not independent, so that it decides nothing.
        label, remark = "random effects (Hartung-Knapp)", f"I2 = {effects.i2:.0%}; description"
        rows.append(
            ForestRow(label, effects.estimate, effects.low, effects.high, remark, 0, is_informative=False)
        )
    return rows


def judge(evidence, verdict, hypothesis, *, on_cells=False):
    """Take the analysis' decision, and draw the effect on every base model."""
    verdict.decide(evidence.estimate(hypothesis, on_cells=on_cells))
    tested = evidence.result(hypothesis).hypothesis
    verdict.figure(
        forest_plot,
        forest_rows(evidence, hypothesis),
        "partial correlation (p one-sided, before the sequence)",
        tested.statement,
        smallest_effect=evidence.registration.analysis.smallest_effect,
        claimed=tested.direction,
    )


def draw_specifications(evidence, verdict):
    """Draw the headline under every defensible choice, with the joint test of all of them."""
    models = evidence.analysis.by_base_model
    informative = [body for body in evidence.bodies if body.base_model in models]
    recipe = evidence.registration.recipe.name
    curve = specification_curve(
        headline_specifications(informative, recipe=recipe, variations=evidence.variations),
        categories_of(informative[0].categories, len(informative[0].personas)),
        -1,
    )
    caption = (
        f"{len(curve.r)} specifications: median r = {curve.median.value:.2f}, joint p = {curve.median.p:.2g}\n"
        f"significant as claimed: {curve.significant.value:.0%}, by chance {curve.significant.expected:.0%}, "
        f"p = {curve.significant.p:.2g}\n"
        "what is held fixed is taken as free of error, for which the registered analysis corrects"
    )
    registered = {
        "texts": "name and descriptions", "layers": "upper half", "outcome": "area of gating",
        "given": "negatives, words, length",
    } | ({"recipe": recipe} if evidence.variations else {})  # fmt: skip
    verdict.figure(
        specification_figure, curve.choices, curve.r, curve.low, curve.high,
        "The headline under every defensible choice (exploratory)", caption, registered=registered,
        name="specifications",
    )  # fmt: skip


def draw_personas(evidence, verdict, hypothesis, x_label):
    """Draw every persona: predictor and outcome with all that is held fixed taken out."""
    panels = []
    for name, alone in evidence.analysis.by_base_model.items():
        (correlation,), joint = alone[hypothesis].correlations, alone[hypothesis].joint
        n = len(correlation.predictor)
        caption = (
            f"partial r = {joint.r:.2f} [{joint.low:.2f}, {joint.high:.2f}], "
            f"p = {alone[hypothesis].p_claimed:.2g}, N = {n}\n"
            "line: this r, corrected for error in what is held fixed"
        )
        personas = [persona.replace("_", " ") for persona in evidence.bodies[0].personas]
        x, y = correlation.predictor * np.sqrt(n), correlation.outcome * np.sqrt(n)
        panels.append(CloudPanel(x, y, personas, name, caption, (joint.r, joint.low, joint.high)))
    labels = f"{x_label}, residual (SD)", "coupling strength, residual (SD)"
    verdict.figure(scatter_clouds, panels, *labels, name="personas")


@claim(
    "registered-cosine",
    "The farther from the assistant, the stronger the coupling.",
    source=SOURCE.format(1),
    headline=True,
    **STUDY,
)
def test_cosine(evidence, verdict):
    judge(evidence, verdict, "cosine", on_cells=True)
    draw_personas(evidence, verdict, "cosine", "cosine to the assistant")
    draw_specifications(evidence, verdict)


@claim(
    "registered-cosine-given-panel",
    "Distance from the assistant still counts between personas equally distinct from a fixed panel.",
    source=SOURCE.format(2),
    **STUDY,
)
def test_cosine_given_panel(evidence, verdict):
    judge(evidence, verdict, "cosine-given-panel")


@claim(
    "registered-panel-given-cosine",
    "Distinctness from a fixed panel counts between personas equally far from the assistant.",
    source=SOURCE.format(3),
    **STUDY,
)
def test_panel_given_cosine(evidence, verdict):
    judge(evidence, verdict, "panel-given-cosine")
    draw_personas(evidence, verdict, "panel-given-cosine", "mean cosine to the panel")


@claim(
    "registered-cosine-given-sources",
    "Distance from the assistant still counts between personas equally distinct from other sources.",
    source=SOURCE.format(4),
    **STUDY,
)
def test_cosine_given_sources(evidence, verdict):
    judge(evidence, verdict, "cosine-given-sources")


@claim(
    "registered-sources-given-cosine",
    "Distinctness from other sources counts between personas equally far from the assistant.",
    source=SOURCE.format(5),
    **STUDY,
)
def test_sources_given_cosine(evidence, verdict):
    judge(evidence, verdict, "sources-given-cosine")


@claim(
    "registered-js",
    "The larger the JS divergence from the assistant, the stronger the coupling.",
    source=SOURCE.format(6),
    **STUDY,
)
def test_js(evidence, verdict):
    judge(evidence, verdict, "js")


@claim(
    "registered-cosine-given-js",
    "Cosine to the assistant adds to JS divergence.",
    source=SOURCE.format(7),
    **STUDY,
)
def test_cosine_given_js(evidence, verdict):
    judge(evidence, verdict, "cosine-given-js")


@claim(
    "registered-js-given-cosine",
    "JS divergence adds to cosine to the assistant.",
    source=SOURCE.format(8),
    **STUDY,
)
def test_js_given_cosine(evidence, verdict):
    judge(evidence, verdict, "js-given-cosine")


@claim(
    "registered-leak",
    "At equal coupling, personas nearer the assistant leak more of the marker to it.",
    source=SOURCE.format(9),
    **STUDY,
)
def test_leak(evidence, verdict):
    judge(evidence, verdict, "leak")
