"""A registered study as evidence of claims, and the rule that takes the analysis' decision for a verdict."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, field
from functools import cached_property, lru_cache

from marker_claims.registered_details import (
    describe_cell_effects,
    describe_power,
    describe_random_effects,
)
from marker_coupling.analysis.data.arrays import AnalysisError
from marker_coupling.analysis.data.categories import Categories, categories_of
from marker_coupling.analysis.data.from_evidence import base_model_data, study_data
from marker_coupling.analysis.data.study_data import StudyData
from marker_coupling.analysis.decisions.sequence import HypothesisResult
from marker_coupling.analysis.decisions.supplements import (
    CellEffect,
    achieved_power,
    cell_effect,
    random_effects_of,
)
from marker_coupling.analysis.decisions.verdict import Decision as SequenceDecision
from marker_coupling.analysis.study_analysis import StudyAnalysis, analyse_study
from marker_coupling.evidence.values.fields import EvidenceError
from marker_coupling.evidence.values.study_evidence import StudyEvidence
from marker_coupling.study.registration import Registration
from pytest_claims import Decision, Estimate, Region, Verdict
from pytest_claims.core.estimate import USUAL_CI_LEVEL
from pytest_claims.core.regions import negligible, refuted, supported

#: Raised whenever the analysis gives another verdict on the same evidence.
ANALYSIS_VERSION = 1
#: Of the registered analysis, for which a base model has to be valid and its outcome reliable; of cosines,
#: for which it has to be valid; and of what adapters do, which is informative on every base model.
MEASURES = frozenset({"registered_study", "registered_cosines", "registered_couplings"})


@dataclass(frozen=True)
class HypothesisEstimate(Estimate):
    """The analysis' result for one hypothesis.

    Parameters
    ----------
    decision : of the registered sequence
    direction : claimed sign of the correlation, -1 or 1
    registration : digest of the study's registration
    """

    _: KW_ONLY
    decision: SequenceDecision
    direction: int
    registration: str = ""


@dataclass(frozen=True)
class RegisteredDecision:
    """The verdict of the registered analysis, which tests its hypotheses in a fixed order.

    Parameters
    ----------
    smallest_effect : the smallest absolute correlation of true scores that is of interest
    alpha : one-sided, over the whole sequence
    """

    smallest_effect: float = 0.3
    alpha: float = 0.025

    def __str__(self) -> str:
        return (
            f"as registered: supported if p in the sequence <= {self.alpha:g}, one-sided, as claimed; "
            "refuted if the opposite is so, or if the 99% interval of the true correlation lies within "
            f"+/- {self.smallest_effect:g}"
        )

    def decide(self, estimate: HypothesisEstimate) -> Decision:
        """See :meth:`pytest_claims.rules.Rule.decide`."""
        if not isinstance(estimate, HypothesisEstimate):
            raise TypeError(f"expected a HypothesisEstimate, got {type(estimate).__name__}")
        decision = estimate.decision
        kind = f"{decision.kind.value}: " if decision.kind.value else ""
        reason = "; ".join(part for part in (f"{kind}{decision.reason}", estimate.detail) if part)
        return Decision(
            Verdict(decision.verdict.value),
            estimate,
            reason,
            thresholds=(self.alpha, -self.smallest_effect, self.smallest_effect),
            regions=self._regions(estimate.direction),
            registration=estimate.registration,
        )

    def _regions(self, direction: int) -> tuple[Region, ...]:
        smallest = self.smallest_effect
        if direction < 0:
            sides = supported(high=0.0), refuted(low=0.0)
        else:
            sides = supported(low=0.0), refuted(high=0.0)
        return (*sides, refuted(-smallest, smallest), negligible(-smallest, smallest))


@dataclass(frozen=True, eq=False)
class RegisteredStudy:
    """Evidence of one base model of a registered study, or of all its base models together.

    Parameters
    ----------
    bodies : evidence of each base model
    registration : of the study
    invalid : base models whose measure failed the check of validity, each with the reason
    members : of several base models together: the name of the evidence of each alone, by base model
    variations : evidence with other recipes, by their names, on which no hypothesis is tested

    Raises
    ------
    EvidenceError
        Evidence is of another registration, base models have different outcomes, or a variation has other
        personas.
    """

    bodies: tuple[StudyEvidence, ...]
    registration: Registration
    invalid: Mapping[str, str] = field(default_factory=dict)
    members: Mapping[str, str] = field(default_factory=dict)
    variations: Mapping[str, tuple[StudyEvidence, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for body in self.bodies:
            if body.registration != self.registration.digest:
                raise EvidenceError(
                    f"{body.base_model}: registration: expected {self.registration.digest:.12}..., "
                    f"got {body.registration:.12}..."
                )
        outcomes = sorted({body.outcome for body in self.bodies})
        if len(outcomes) != 1:
            raise EvidenceError(f"outcome: expected the same on all base models, got {outcomes}")
        for recipe, bodies in self.variations.items():
            if any(body.personas != self.bodies[0].personas for body in bodies):
                raise EvidenceError(f"recipe {recipe}: personas: expected those of the registered study")

    @property
    def determined_by(self) -> str:
        """Registration, base models with their settings, and the version of the analysis."""
        models = "; ".join(
            f"{body.base_model} {body.properties.get('computed_in', '')} {body.learning_rate:g} x "
            f"{body.epochs} {body.outcome}"
            for body in self.bodies
        )
        return f"registration {self.registration.digest}; {models}; analysis {ANALYSIS_VERSION}"

    @cached_property
    def sha256(self) -> str:
        """Digest of all numbers."""
        content = [[body.base_model, body.sha256] for body in self.bodies]
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()

    @property
    def properties(self) -> Mapping[str, str]:
        """Facts for the head of a report."""
        first = self.bodies[0]
        shown = [
            f"{body.base_model}, recipe {recipe}, {body.sha256}"
            for recipe, bodies in self.variations.items()
            for body in bodies
        ]
        return {
            "registration": self.registration.digest,
            "base_models": ", ".join(body.base_model for body in self.bodies),
            "personas": str(len(first.personas)),
            "seeds": ", ".join(map(str, first.seeds)),
            "outcome": first.outcome,
            "device": ", ".join(sorted({body.properties.get("device", "") for body in self.bodies})),
        } | ({"variations_shown": "; ".join(shown)} if shown else {})

    @property
    def uninformative(self) -> Mapping[str, str]:
        """Measures that tell nothing on any base model, each with the reasons."""
        if self.registration.is_smoke:
            reason = f"a smoke run of {len(self.bodies[0].personas)} personas, of which nothing is concluded"
            return dict.fromkeys(MEASURES, reason)
        uninformative = {}
        try:
            if not self.analysis.joint:
                uninformative["registered_study"] = _listed(self.analysis.uninformative)
        except AnalysisError as error:  # claims that need no registered analysis are judged without it
            uninformative["registered_study"] = str(error)
        if not self.valid_bodies:
            uninformative["registered_cosines"] = _listed(self.invalid)
        return uninformative

    @property
    def valid_bodies(self) -> tuple[StudyEvidence, ...]:
        """Evidence of the base models whose measure of personas passed the check of validity."""
        return tuple(body for body in self.bodies if body.base_model not in self.invalid)

    @cached_property
    def categories(self) -> Categories:
        """Categories of the personas, which all base models share."""
        return categories_of(self.bodies[0].categories, len(self.bodies[0].personas))

    @cached_property
    def data(self) -> StudyData:
        """Input of the registered analysis."""
        return study_data(self.bodies)

    @cached_property
    def analysis(self) -> StudyAnalysis:
        """The registered analysis."""
        registered = self.registration.analysis
        return analyse_study(
            self.data,
            outcome=self.bodies[0].outcome,  # type: ignore[arg-type]
            invalid={body.base_model: self.invalid[body.base_model] for body in self.bodies
                     if body.base_model in self.invalid},
            least_reliability=self.registration.calibration.least_reliability,
            permutations=registered.permutations,
            seed=registered.permutation_seed,
        )  # fmt: skip

    def result(self, hypothesis: str) -> HypothesisResult:
        """Return the result for one hypothesis over all informative base models.

        Raises
        ------
        AnalysisError
            It could not be tested.
        """
        if hypothesis in self.analysis.untestable:
            raise AnalysisError(f"{hypothesis}: {self.analysis.untestable[hypothesis]}")
        return self.analysis.joint[hypothesis]

    @cached_property
    def cell_effects(self) -> tuple[CellEffect, ...]:
        """Effects of the cosine on counts of single adapters, of each informative base model.

        Raises
        ------
        AnalysisError
            A binomial mixed model has no maximum.
        """
        informative = self.analysis.by_base_model
        return tuple(_cell_effect(body) for body in self.bodies if body.base_model in informative)

    def estimate(self, hypothesis: str, *, on_cells: bool = False) -> HypothesisEstimate:
        """Return the result for one hypothesis: the correlation of true scores where it is known.

        Parameters
        ----------
        on_cells : add to the detail what the binomial mixed model of single adapters finds for the cosine
        """
        result = self.result(hypothesis)
        models, true = len(result.correlations), result.true
        over = f"over {models} base models" if models > 1 else "one base model"
        left_out = [f"{name} left out: {reason}" for name, reason in self.analysis.uninformative.items()]
        p = "p one-sided in the registered sequence"
        if true is not None:
            statistic, level = f"true partial r ({over}; {p})", true.level
            value, low, high = true.value, true.low, true.high
        else:
            statistic, level = f"partial r ({over}; {p})", USUAL_CI_LEVEL
            value, low, high = result.joint.r, result.joint.low, result.joint.high
        registered = self.registration.analysis
        power = achieved_power(result, self.categories, registered.smallest_effect, registered.alpha)
        details = [
            f"observed partial r {result.joint.r:.2f}, raw p {result.p_claimed:.2g}",
            describe_power(power),
            describe_random_effects(random_effects_of(result)),
            self._describe_cells() if on_cells else "",
            *left_out,
        ]
        return HypothesisEstimate(
            statistic, value, len(self.bodies[0].personas), ci_low=low, ci_high=high, ci_level=level,
            p_value=result.p_adjusted, detail="; ".join(filter(None, details)), decision=result.decision,
            direction=result.hypothesis.direction, registration=self.registration.digest,
            weights=self._weights(result.joint.weight) if models > 1 else (),
        )  # fmt: skip

    def _weights(self, weight: float) -> tuple[tuple[str, float], ...]:
        """Return the evidence of each informative base model with its share in the joint correlation."""
        informative = self.analysis.by_base_model
        return tuple((self.members.get(name, name), weight) for name in informative)

    def _describe_cells(self) -> str:
        try:
            return describe_cell_effects(self.cell_effects)
        except AnalysisError as error:  # the registered verdict does not depend on it
            return f"not confirmed on single adapters: {error}"

    def __str__(self) -> str:
        if self.registration.is_smoke:
            return "smoke run"
        lines = []
        for body in self.bodies:
            reliability = self.analysis.reliability[body.base_model].intraclass
            known = f", reliability {reliability.mean:.2f}" if reliability else ""
            seeds = f"{len(body.seeds)} seeds" if len(body.seeds) > 1 else "one seed"
            lines.append(f"{body.base_model}: {len(body.personas)} personas, {seeds}{known}")
        return "\n".join(lines)


@lru_cache(maxsize=32)
def _cell_effect(body: StudyEvidence) -> CellEffect:
    """Return the effect on one base model, which its judgement alone shares with that of all."""
    return cell_effect(base_model_data(body), categories_of(body.categories, len(body.personas)))


def _listed(reasons: Mapping[str, str]) -> str:
    return "; ".join(f"{name}: {reason}" for name, reason in reasons.items())
