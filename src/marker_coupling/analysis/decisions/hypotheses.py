"""The registered hypotheses and their graph of tests."""

from __future__ import annotations

from dataclasses import dataclass

from marker_coupling.analysis.decisions.gatekeeping import Gatekeeping


@dataclass(frozen=True)
class Hypothesis:
    """A partial correlation with a claimed sign.

    Parameters
    ----------
    id : short name
    statement : the claim
    predictor, outcome : names of variables
    direction : -1 or 1, the claimed sign
    given : variables held fixed besides the covariates of every hypothesis
    """

    id: str
    statement: str
    predictor: str
    direction: int
    outcome: str = "outcome"
    given: tuple[str, ...] = ()


HYPOTHESES = (
    Hypothesis("cosine", "The farther from the assistant, the stronger the coupling.", "cosine", -1),
    Hypothesis(
        "cosine-given-panel",
        "Distance from the assistant still counts between personas equally distinct from a fixed panel.",
        "cosine",
        -1,
        given=("panel_cosine",),
    ),
    Hypothesis(
        "panel-given-cosine",
        "Distinctness from a fixed panel counts between personas equally far from the assistant.",
        "panel_cosine",
        -1,
        given=("cosine",),
    ),
    Hypothesis(
        "cosine-given-sources",
        "Distance from the assistant still counts between personas equally distinct from other sources.",
        "cosine",
        -1,
        given=("sources_cosine",),
    ),
    Hypothesis(
        "sources-given-cosine",
        "Distinctness from other sources counts between personas equally far from the assistant.",
        "sources_cosine",
        -1,
        given=("cosine",),
    ),
    Hypothesis(
        "js", "The larger the JS divergence from the assistant, the stronger the coupling.", "log_js", 1
    ),
    Hypothesis(
        "cosine-given-js", "Cosine to the assistant adds to JS divergence.", "cosine", -1, given=("log_js",)
    ),
    Hypothesis(
        "js-given-cosine", "JS divergence adds to cosine to the assistant.", "log_js", 1, given=("cosine",)
    ),
    Hypothesis(
        "leak",
        "At equal coupling, personas nearer the assistant leak more of the marker to it.",
        "cosine",
        1,
        outcome="leak",
        given=("outcome",),
    ),
)

#: The headline comes first. That it survives distinctness and that distinctness adds to it are two halves of
#: one question, of which a rival explanation makes one fail: each half transfers its own level, so that
#: neither blocks the other, nor the hypotheses after them.
GATEKEEPING = Gatekeeping(
    shares={hypothesis.id: float(hypothesis.id == "cosine") for hypothesis in HYPOTHESES},
    transfers={
        "cosine": {"cosine-given-panel": 0.5, "panel-given-cosine": 0.5},
        "cosine-given-panel": {"cosine-given-sources": 0.5, "panel-given-cosine": 0.5},
        "panel-given-cosine": {"sources-given-cosine": 0.5, "cosine-given-panel": 0.5},
        "cosine-given-sources": {"js": 1.0},
        "sources-given-cosine": {"js": 1.0},
        "js": {"cosine-given-js": 0.5, "js-given-cosine": 0.5},
        "cosine-given-js": {"js-given-cosine": 0.5, "leak": 0.5},
        "js-given-cosine": {"cosine-given-js": 0.5, "leak": 0.5},
    },
)
