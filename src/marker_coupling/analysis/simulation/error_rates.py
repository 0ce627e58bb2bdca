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
from marker_coupling.analysis.data.variables import (
    COVARIATES,
    OutcomeName,
    outcome_by_seed,
    study_variables,
)
from marker_coupling.analysis.decisions.hypotheses import HYPOTHESES
from marker_coupling.analysis.decisions.sequence import ALPHA_ONE_SIDED, HypothesisResult
from marker_coupling.analysis.decisions.verdict import SMALLEST_EFFECT, Kind, Verdict
from marker_coupling.analysis.simulation.draws import draw_study
from marker_coupling.analysis.simulation.worlds import Design, World, true_hypotheses
from marker_coupling.analysis.study_analysis import analyse_study

PERMUTATIONS = 399
HEADLINE = "cosine"


def count_errors(world: World, design: Design, repeats: Sequence[int], seed: int) -> Counter[str]:
    """Count the conclusions of the analysis.

    Parameters
    ----------
    world, design : of the simulated studies
    repeats : numbers of the repeats; the random numbers of each depend on no other
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
    totals: Counter[str] = Counter()
    name_digest = zlib.crc32(cell_name(world, design).encode())
    for repeat in repeats:
        totals.update(_count_study(world, design, [seed, name_digest, repeat]))
    return totals


def cell_name(world: World, design: Design) -> str:
    """Name of a world under a design, which seeds its random numbers."""
    return (
        f"{world.name} N={design.personas} seeds={design.seeds} r={design.true_r:g} "
        f"ICC={design.intraclass:g} base models={design.base_models}"
    )


def _count_study(world: World, design: Design, entropy: list[int]) -> Counter[str]:
    study = draw_study(world, design, np.random.default_rng(entropy))
    outcome: OutcomeName = "area" if world.link == "area" else "source"
    analysis = analyse_study(
        study, outcome=outcome, permutations=PERMUTATIONS, seed=entropy[-1], only_reached=True,
        each_base_model=False,
    )  # fmt: skip
    informative = [data for data in study.base_models if data.name not in analysis.uninformative]
    counts = Counter({"repeats": 1, "informative base models": len(informative)})
    counts["naive"] += naive_p(study, outcome) <= ALPHA_ONE_SIDED
    if not informative:
        counts["uninformative"] += 1
        return counts
    headline = analysis.joint[HEADLINE]
    counts[str(headline.decision.verdict)] += headline.decision.verdict != Verdict.REFUTED
    kinds = (Kind.SMALL, Kind.OPPOSITE, Kind.TOO_SMALL)
    counts[str(headline.decision.kind)] += headline.decision.kind in kinds
    if headline.true is not None:
        counts["covered"] += headline.true.low <= design.true_r <= headline.true.high
    counts["student"] += headline.joint.p_lower <= ALPHA_ONE_SIDED
    counts["plain permutation"] += headline.test.plain_lower <= ALPHA_ONE_SIDED
    if design.true_r == 0:
        categories = categories_of(study.categories, len(study.personas))
        counts.update(_count_uncorrected(informative, outcome, categories, headline))
    if headline.decision.verdict == Verdict.SUPPORTED:
        counts["panel corrected"] += analysis.joint["cosine-given-panel"].joint.p_lower <= ALPHA_ONE_SIDED
    counts.update(_count_family(analysis.joint, true_hypotheses(world, design)))
    counts["false too small"] += (
        design.true_r <= -SMALLEST_EFFECT and headline.decision.kind == Kind.TOO_SMALL
    )
    return +counts


def _count_family(results: Mapping[str, HypothesisResult], true: frozenset[str]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for hypothesis in HYPOTHESES:
        if hypothesis.id in results:
            supported = results[hypothesis.id].decision.verdict == Verdict.SUPPORTED
            counts[f"reached {hypothesis.id}"] += 1
            counts[f"supported {hypothesis.id}"] += supported
            counts["false support"] |= int(supported and hypothesis.id not in true)
    return counts


def _count_uncorrected(
    informative: Sequence[BaseModelData],
    outcome: OutcomeName,
    categories: Categories,
    headline: HypothesisResult,
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

    variables = [study_variables(data, outcome) for data in informative]
    counts = Counter({"covariates as exact": int(significant(()))})
    if headline.decision.verdict == Verdict.SUPPORTED:
        counts["panel as exact"] += significant(("panel_cosine",))
    return counts


def naive_p(study: StudyData, outcome: OutcomeName = "source") -> float:
    """P of Pearson's r on the first base model by Student's t: no covariates, no categories."""
    data = study.base_models[0]
    cosine = data.cosines.assistant.mean(axis=(0, 1, 2))
    coupling = outcome_by_seed(data, outcome).mean(axis=1)
    r = float(np.corrcoef(cosine, coupling)[0, 1])
    degrees = coupling.size - 2
    return float(special.stdtr(degrees, r * np.sqrt(degrees / (1 - r * r))))
