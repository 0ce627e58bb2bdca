"""Error rates of the analysis in one world: draw, analyse, count."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from scipy import special

from marker_coupling.analysis.correlations.joint_correlation import joint_correlation
from marker_coupling.analysis.correlations.partial_correlation import partial_correlation
from marker_coupling.analysis.data.categories import Categories, categories_of
from marker_coupling.analysis.data.replicated import exact
from marker_coupling.analysis.data.study_data import BaseModelData, StudyData
from marker_coupling.analysis.data.variables import COVARIATES, outcome_by_seed, study_variables
from marker_coupling.analysis.decisions.hypotheses import HYPOTHESES
from marker_coupling.analysis.decisions.sequence import ALPHA_ONE_SIDED, HypothesisResult
from marker_coupling.analysis.decisions.verdict import SMALLEST_EFFECT, Kind, Verdict
from marker_coupling.analysis.simulation.draws import draw_study
from marker_coupling.analysis.simulation.worlds import Design, World, true_hypotheses
from marker_coupling.analysis.study_analysis import analyse_study

PERMUTATIONS = 399
HEADLINE = "cosine"


def count_errors(world: World, design: Design, repeats: Sequence[int], seed: int) -> Counter[str]:
    """Count what the analysis concludes.

    Parameters
    ----------
    world, design : what to draw
    repeats : numbers of the repeats; each has random numbers of its own, whichever others are run
    seed : of the simulation

    Returns
    -------
    Counter
        ``repeats``; for the headline ``supported``, ``small``, ``opposite``, ``too small``, ``inconclusive``
        and ``uninformative``; ``covered``: its interval holds the true correlation; ``informative base
        models``; p at most 0.025 in the claimed direction by other tests: ``student``, ``plain permutation``,
        ``covariates as exact``, ``naive``; ``false support``: any hypothesis that does not hold is supported;
        ``false too small``: any that holds with the smallest effect or more is refuted as too small;
        ``reached ID`` and ``supported ID`` for each hypothesis.
    """
    found: Counter[str] = Counter()
    for repeat in repeats:
        found.update(_repeat(world, design, _entropy(world, design, seed, repeat)))
    return found


def cell_name(world: World, design: Design) -> str:
    """Name of a world under a design, from which its random numbers follow."""
    return (
        f"{world.name} N={design.personas} seeds={design.seeds} r={design.true_r:g} "
        f"ICC={design.intraclass:g} base models={design.base_models}"
    )


def _entropy(world: World, design: Design, seed: int, repeat: int) -> list[int]:
    return [seed, zlib.crc32(cell_name(world, design).encode()), repeat]


def _repeat(world: World, design: Design, entropy: list[int]) -> Counter[str]:
    study = draw_study(world, design, np.random.default_rng(entropy))
    analysis = analyse_study(
        study, permutations=PERMUTATIONS, seed=entropy[-1], only_reached=True, each_base_model=False
    )
    informative = [data for data in study.base_models if data.name not in analysis.uninformative]
    found = Counter({"repeats": 1, "informative base models": len(informative)})
    found["naive"] += naive_p(study) <= ALPHA_ONE_SIDED
    if not informative:
        found["uninformative"] += 1
        return found
    headline = analysis.joint[HEADLINE]
    found[str(headline.decision.verdict)] += headline.decision.verdict != Verdict.REFUTED
    found[str(headline.decision.kind)] += headline.decision.kind in (
        Kind.SMALL,
        Kind.OPPOSITE,
        Kind.TOO_SMALL,
    )
    if headline.true is not None:
        found["covered"] += headline.true.low <= design.true_r <= headline.true.high
    found["student"] += headline.joint.p_lower <= ALPHA_ONE_SIDED
    found["plain permutation"] += headline.test.plain_lower <= ALPHA_ONE_SIDED
    if design.true_r == 0:
        found.update(
            _uncorrected(informative, categories_of(study.categories, len(study.personas)), headline)
        )
    if headline.decision.verdict == Verdict.SUPPORTED:
        found["panel corrected"] += analysis.joint["cosine-given-panel"].joint.p_lower <= ALPHA_ONE_SIDED
    found.update(_family(analysis.joint, true_hypotheses(world, design)))
    found["false too small"] += design.true_r <= -SMALLEST_EFFECT and headline.decision.kind == Kind.TOO_SMALL
    return +found


def _family(results: Mapping[str, HypothesisResult], true: frozenset[str]) -> Counter[str]:
    found: Counter[str] = Counter()
    for hypothesis in HYPOTHESES:
        if hypothesis.id in results:
            supported = results[hypothesis.id].decision.verdict == Verdict.SUPPORTED
            found[f"reached {hypothesis.id}"] += 1
            found[f"supported {hypothesis.id}"] += supported
            found["false support"] |= int(supported and hypothesis.id not in true)
    return found


def _uncorrected(
    informative: Sequence[BaseModelData], categories: Categories, headline: HypothesisResult
) -> Counter[str]:
    """Count significant tests, by Student's t, that take covariates as measured without error."""

    def significant(given: tuple[str, ...]) -> bool:
        correlations = []
        for named in variables:
            covariates = [exact(named[name].values) for name in (*COVARIATES, *given) if name in named]
            correlations.append(
                partial_correlation(named[HEADLINE], named["outcome"], covariates, categories)
            )
        return joint_correlation(correlations).p_lower <= ALPHA_ONE_SIDED

    variables = [study_variables(data) for data in informative]
    found = Counter({"covariates as exact": int(significant(()))})
    if headline.decision.verdict == Verdict.SUPPORTED:
        found["panel as exact"] += significant(("panel_cosine",))
    return found


def naive_p(study: StudyData) -> float:
    """P of Pearson's r on the first base model by Student's t: no covariates, no categories."""
    data = study.base_models[0]
    cosine = data.cosines.assistant.mean(axis=(0, 1, 2))
    outcome = outcome_by_seed(data, "source").mean(axis=1)
    r = float(np.corrcoef(cosine, outcome)[0, 1])
    degrees = outcome.size - 2
    return float(special.stdtr(degrees, r * np.sqrt(degrees / (1 - r * r))))
