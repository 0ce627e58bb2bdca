"""The ledger of claims: a run and its judgements of claims on evidence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from pytest_claims.core.claim import variant_name
from pytest_claims.core.estimate import USUAL_CI_LEVEL
from pytest_claims.core.kind import KINDS, UNKNOWN, Kind
from pytest_claims.core.last_change import LastChange
from pytest_claims.core.numbers import estimate_and_interval_texts, interval_name, p_text
from pytest_claims.core.origins import ORIGINS
from pytest_claims.core.regions import Region
from pytest_claims.core.verdict import UNINFORMATIVE, Verdict

ERROR = "error"
#: Property of the suite that says of a run that it was partial, and why.
PARTIAL = "claims.partial"
#: Prefix of the suite's properties that define a word.
TERM = "term."
#: Everything that an entry's verdict can be, in the order in which people look for it.
VERDICTS = (*(verdict.value for verdict in Verdict), UNINFORMATIVE, ERROR)
DECIDED = frozenset(verdict.value for verdict in Verdict)
UNFED, SKIPPED, EXPECTED_TO_FAIL = "unfed", "skipped", "expected to fail"
DESELECTED, NOT_REACHED, NOT_COLLECTED = "deselected", "not reached", "not collected"
#: Everything that keeps a known claim from being judged, in the order in which people look for it.
WHY_NOT_JUDGED = (UNFED, SKIPPED, EXPECTED_TO_FAIL, DESELECTED, NOT_REACHED, NOT_COLLECTED)
#: Reasons that hold because only a part of the tests was run.
WHY_PARTIAL = frozenset({DESELECTED, NOT_REACHED, NOT_COLLECTED})


@dataclass(frozen=True, kw_only=True)
class Entry:
    """The judgement of one claim on one body of evidence; but for ``copy``, in the order of ``ledger.json``.

    Parameters
    ----------
    headline : the ledger opens with the claim
    question : heading under which the claim is listed
    kind : one of :data:`pytest_claims.core.kind.KINDS`, or ``unknown`` where the report names none
    family : hypotheses that were tested together; empty if the claim names none
    group, role : of the evidence, which is ``pooled`` or a ``member`` there; empty for evidence by itself
    pooled_in : evidence of the pooled judgement of which this one is a detail; empty if it stands for itself
    verdict : one of :data:`VERDICTS`
    ci_level : level of the interval, 0.95 where the report names none; ``None`` for a range that has none
    p_adjusted : Holm's, over the family's inferences on this evidence; ``None`` without a family or a p-value
    family_size, family_missing : number of p-values that were adjusted together, and of the family's
        inferences on this evidence that have none
    significance_lost : the p-value is below its level, and the adjusted one is not
    p_level : level below which the rule takes a p-value for significant; ``None`` where it names none
    weights : of a pooled estimate: the evidence of each part, with its share from 0 to 1; empty where nothing
        is pooled, or where no weight is told
    rule_change, test_change : commits that last changed the claim's rule and its test; ``None`` where that is
        not known
    rule_later_than : what the commit of the rule is later than, in words; empty where dates do not show it
    registration : digest of the registration that fixed the rule; empty without one
    statistic : name of the estimate, in print
    needed_n : units with which the smallest effect of interest would be found with 80% power; ``None`` where
        the rule does not say
    thresholds : numbers that estimate, interval and p-value were compared with
    regions : of the effect axis, in which a whole interval has a verdict; empty where the rule names none
    figures : paths relative to the report's folder
    figure_errors : figures that could not be drawn, and why
    figures_at : where figures are that were not drawn, or how they are drawn; empty where they are here
    record : remark on the recorded verdict; empty if there is none
    test : name of the test that judged
    evidence_sha256, evidence_determined_by : identity of the evidence; empty where it was not loaded
    copy : 2 for the second test that judges this claim on this evidence, and so on
    parameters : of a parametrized test, besides the evidence, or of one that several classes inherit; empty
        if there are none
    attempts : how often the test was run; the last time counts
    """

    id: str
    statement: str
    source: str
    headline: bool = False
    question: str = ""
    kind: str = UNKNOWN
    family: str = ""
    evidence: str
    group: str = ""
    role: str = ""
    pooled_in: str = ""
    verdict: str
    estimate: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None
    ci_level: float | None = USUAL_CI_LEVEL
    p_value: float | None = None
    p_adjusted: float | None = None
    family_size: int | None = None
    family_missing: int = 0
    significance_lost: bool = False
    p_level: float | None = None
    n: int | None = None
    needed_n: int | None = None
    weights: tuple[tuple[str, float], ...] = ()
    rule: str
    rule_change: LastChange | None = None
    test_change: LastChange | None = None
    rule_later_than: str = ""
    registration: str = ""
    reason: str
    statistic: str = ""
    record: str = ""
    test: str = ""
    evidence_sha256: str = ""
    evidence_determined_by: str = ""
    parameters: str = ""
    attempts: int = 1
    figures: tuple[str, ...] = ()
    figure_errors: tuple[str, ...] = ()
    figures_at: str = ""
    thresholds: tuple[float, ...] = ()
    regions: tuple[Region, ...] = ()
    copy: int = 1

    @property
    def key(self) -> tuple[str, str, int]:
        """The identity of the judgement, the same in every run."""
        return self.variant, self.evidence, self.copy

    @property
    def variant(self) -> str:
        """The claim's id, with its parameters in brackets if it has any."""
        return variant_name(self.id, self.parameters)

    @property
    def name(self) -> str:
        """The claim's name for people; tells tests of one claim and evidence apart."""
        return self.variant if self.copy == 1 else f"{self.variant} ({self.copy})"

    @property
    def printed_numbers(self) -> tuple[str, str, str, str]:
        """Estimate, interval, p-value and N in print; empty where there is none."""
        numbers = self.estimate, self.ci_low, self.ci_high
        bounds = list(self.thresholds)
        if self.p_level in bounds:
            bounds.remove(self.p_level)  # the estimate was not compared with it
        estimate, interval = estimate_and_interval_texts(*numbers, thresholds=bounds)
        p, n = p_text(self.p_value, self.thresholds), "" if self.n is None else str(self.n)
        return estimate, interval, p, n

    @property
    def interval(self) -> tuple[float, float] | None:
        """The ends of its interval; ``None`` where one of them is missing."""
        return None if self.ci_low is None or self.ci_high is None else (self.ci_low, self.ci_high)

    @property
    def interval_name(self) -> str:
        """The name of its interval, with the level."""
        return interval_name(self.ci_level)

    @property
    def printed_estimate(self) -> str:
        """The estimate in print, with its interval; empty if there is none."""
        return " ".join(filter(None, self.printed_numbers[:2]))


@dataclass(frozen=True)
class NotJudged:
    """A claim that is known and was not judged, on one body of evidence or on none, as in ``ledger.json``.

    Parameters
    ----------
    evidence : empty where no evidence can feed the claim, or the claim brings its own numbers
    why : one of :data:`WHY_NOT_JUDGED`
    reason : more on it, such as the reason of a skip or the measure that is missing
    kind, family, headline, question : as of :class:`Entry`
    evidence_label : name of the evidence for people; empty where it has none
    """

    id: str
    statement: str
    source: str
    evidence: str
    parameters: str
    why: str
    reason: str
    test: str
    kind: str = UNKNOWN
    family: str = ""
    headline: bool = False
    question: str = ""
    evidence_label: str = ""

    @property
    def name(self) -> str:
        """The claim's id, with its parameters in brackets if it has any."""
        return variant_name(self.id, self.parameters)


@dataclass(frozen=True)
class Ledger:
    """A run and its judgements.

    Parameters
    ----------
    run : facts of the run: when, where, versions, fingerprints of the evidence
    entries : in the order in which the tests were collected
    left_out : a sentence on each part of the report that could not be read
    not_judged : claims that are known and were not judged, by why, and then in the order of the report
    terms : definitions of the words that the claims use
    """

    run: Mapping[str, str]
    entries: tuple[Entry, ...]
    left_out: tuple[str, ...] = ()
    not_judged: tuple[NotJudged, ...] = ()
    terms: Mapping[str, str] = field(default_factory=dict)

    @property
    def partial(self) -> str:
        """A sentence on tests that were not run; empty for a whole run, as far as is known."""
        return self.run.get(PARTIAL, "")

    def why_not_judged(self, entry: Entry) -> str:
        """Return the reason for which a judgement of another run is not in this one, if it is known."""
        for claim in self.not_judged:
            if (claim.name, claim.evidence) == (entry.variant, entry.evidence):
                return f"not judged: {claim.why}" + (f": {claim.reason}" if claim.reason else "")
        return ""

    @property
    def judged(self) -> int:
        """The number of judgements that are no errors; that a measure tells nothing is a finding too."""
        return sum(entry.verdict != ERROR for entry in self.entries)

    @cached_property
    def evidence(self) -> tuple[str, ...]:
        """The names of all bodies of evidence, in the order in which they first appear."""
        return tuple(dict.fromkeys(entry.evidence for entry in self.entries))

    def count(self, verdict: str) -> int:
        """Count the entries with a verdict."""
        return sum(entry.verdict == verdict for entry in self.entries)

    def counts_by_evidence(self) -> dict[str, dict[str, int]]:
        """Count the entries with each verdict, by evidence in the order of :attr:`evidence`."""
        counts: dict[str, dict[str, int]] = {}
        for entry in self.entries:
            counts.setdefault(entry.evidence, dict.fromkeys(VERDICTS, 0))[entry.verdict] += 1
        return counts

    def counts_by_kind(self) -> dict[str, dict[str, int]]:
        """Count the judgements with each verdict, by kind; those on members count in their pooled judgement.

        Only those of inferences, which are always among them, are findings.
        """
        counts = {kind: dict.fromkeys(VERDICTS, 0) for kind in (*KINDS, UNKNOWN)}
        for entry in self.entries:
            if not entry.pooled_in:
                counts[entry.kind][entry.verdict] += 1
        return {
            kind: by_verdict
            for kind, by_verdict in counts.items()
            if kind == Kind.INFERENCE or any(by_verdict.values())
        }

    @property
    def has_members(self) -> bool:
        """True if judgements are details of pooled ones."""
        return any(entry.pooled_in for entry in self.entries)

    @property
    def findings(self) -> dict[str, int]:
        """The number of findings with each verdict: judgements of inferences, once for a pooled one."""
        return self.counts_by_kind()[Kind.INFERENCE]

    @property
    def significance_lost(self) -> tuple[Entry, ...]:
        """Judgements, details of pooled ones left out, whose p is significant and whose adjusted p is not."""
        return tuple(entry for entry in self.entries if entry.significance_lost and not entry.pooled_in)

    @cached_property
    def labels(self) -> Mapping[str, str]:
        """The names of all evidence for people; two that are labelled alike have their names, too."""
        labels = {
            claim.evidence: claim.evidence_label or claim.evidence
            for claim in self.not_judged
            if claim.evidence
        }
        labels |= {
            name: self.facts_of(name).get("label", "") or labels.get(name, name) for name in self.evidence
        }
        alike = Counter(labels.values())
        return {name: label if alike[label] == 1 else f"{label} ({name})" for name, label in labels.items()}

    def label_of(self, evidence: str) -> str:
        """Return the name of a body of evidence for people: its label, if it has one."""
        return self.labels.get(evidence, evidence)

    def origin_of(self, evidence: str) -> str:
        """Return the origin of a body of evidence, one of ``core.origins``; empty if it is not known."""
        origin = self.facts_of(evidence).get("origin", "")
        return origin if origin in ORIGINS else ""

    def facts_of(self, evidence: str) -> dict[str, str]:
        """Return the facts of the run about one body of evidence, by their short names."""
        prefix = f"evidence.{evidence}."
        # A name may begin as another does, up to a dot.
        longer = tuple(f"evidence.{name}." for name in self.evidence if name.startswith(f"{evidence}."))
        return {
            name.removeprefix(prefix): value
            for name, value in self.run.items()
            if name.startswith(prefix) and not name.startswith(longer)
        }
