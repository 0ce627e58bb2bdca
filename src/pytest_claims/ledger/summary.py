"""The ledger in a few sentences, generated from its verdicts: a sentence for each headline claim.

A sentence tells the verdict, the statistic with its interval and N, what it rests on and, where nothing is
decided, the N that would decide.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pytest_claims.core.kind import UNKNOWN, Kind
from pytest_claims.core.numbers import distinct_texts, number_text, p_phrase
from pytest_claims.core.origins import MEASURED_BY
from pytest_claims.core.regions import RegionKind
from pytest_claims.core.roles import POOLED
from pytest_claims.core.verdict import Verdict
from pytest_claims.ledger.groups import with_members
from pytest_claims.ledger.ledger import DECIDED, VERDICTS, Entry, Ledger, NotJudged

#: More headline claims than people read at a glance are in the ledger alone.
MOST_HEADLINES = 12
#: A sentence names so many bodies of evidence and counts the others.
_MOST_NAMED = 6
_LONGEST_REASON = 200
NOT_JUDGED = "not judged"
_KINDS = {
    Kind.DESCRIPTION: "of descriptions",
    Kind.ARITHMETIC: "of arithmetic",
    Kind.INSTRUMENT: "of the instrument",
    UNKNOWN: "of claims of unknown kind",
}
#: Clauses of a reason that speak of how much the parts of pooled evidence differ.
_HETEROGENEITY = re.compile(r"heterogen|\bI2\b|I\^2|I²|\btau\b|τ|Cochran", re.IGNORECASE)
#: Bodies of evidence by one origin that a headline names, and those where it rests on none of them.
_MOST_EVIDENCE, _FEW_EVIDENCE = 12, 4
#: A judgement, with those on the members of its evidence's group.
_WithMembers = tuple[Entry, tuple[Entry, ...]]


@dataclass(frozen=True)
class Part:
    """Judgements of one claim that have the same verdict, in words.

    Parameters
    ----------
    verdict : one of :data:`pytest_claims.ledger.ledger.VERDICTS`, or ``not judged``
    text : what follows the verdict in a sentence
    """

    verdict: str
    text: str


@dataclass(frozen=True)
class Headline:
    """A headline claim and its judgements.

    Parameters
    ----------
    parts : by verdict, in the order of :data:`pytest_claims.ledger.ledger.VERDICTS`
    judged : its judgements that stand for themselves, each with those on the members of its evidence
    """

    name: str
    statement: str
    parts: tuple[Part, ...]
    judged: tuple[_WithMembers, ...]

    @property
    def sentence(self) -> str:
        """The claim with its verdicts, as one sentence."""
        found = "; ".join(f"{part.verdict} {part.text}".strip() for part in self.parts)
        return f"{_without_stop(self.statement)}: {found}."


@dataclass(frozen=True)
class Summary:
    """A ledger in words.

    Parameters
    ----------
    headlines : the first :data:`MOST_HEADLINES` headline claims
    further : number of headline claims after them
    evidence : sentence on whose numbers the evidence is
    findings : sentence on the number of findings, other kinds of claims counted apart
    """

    headlines: tuple[Headline, ...]
    further: int
    evidence: str
    findings: str


def summarize(ledger: Ledger) -> Summary:
    """Return a ledger in words."""
    judged: dict[tuple[str, int], list[_WithMembers]] = {}
    for entry, members in with_members(entry for entry in ledger.entries if entry.headline):
        judged.setdefault((entry.variant, entry.copy), []).append((entry, members))
    unjudged: dict[tuple[str, int], list[NotJudged]] = {}
    for claim in ledger.not_judged:
        if claim.headline:
            unjudged.setdefault((claim.name, 1), []).append(claim)
    keys = list(dict.fromkeys([*judged, *unjudged]))
    shown = keys[:MOST_HEADLINES]
    headlines = (_headline(ledger, judged.get(key, []), unjudged.get(key, [])) for key in shown)
    return Summary(
        tuple(headlines), max(0, len(keys) - MOST_HEADLINES), _evidence_sentence(ledger), _findings(ledger)
    )


def heterogeneity_of(entry: Entry) -> str:
    """Return what a pooled judgement's reason says on the differences between its members, if anything."""
    if entry.role != POOLED:
        return ""
    return "; ".join(clause.strip() for clause in entry.reason.split(";") if _HETEROGENEITY.search(clause))


def needed_text(entry: Entry) -> str:
    """Return the N that would decide an inconclusive judgement, in words; empty for a decided one."""
    if entry.verdict != Verdict.INCONCLUSIVE:
        return ""
    if entry.needed_n is None:
        return "its rule names no N that would decide"
    return _would_decide(str(entry.needed_n))


def negligible_text(entry: Entry) -> str:
    """Return in words that a judgement's whole interval is too near zero; empty where it is not."""
    if entry.ci_low is None or entry.ci_high is None:
        return ""
    for region in entry.regions:
        if region.kind == RegionKind.NEGLIGIBLE and region.low < entry.ci_low <= entry.ci_high < region.high:
            low, high = (number_text(end) for end in (region.low, region.high))
            return f"too small to be of interest (within {low} and {high})"
    return ""


def _headline(ledger: Ledger, judged: Sequence[_WithMembers], unjudged: Sequence[NotJudged]) -> Headline:
    parts = []
    for verdict, same in _by_verdict_and_origin(ledger, judged):
        if len(same) == 1:
            parts.append(Part(verdict, _on_one(ledger, *same[0])))
        else:
            parts.append(Part(verdict, _on_several(ledger, [entry for entry, _ in same])))
    if unjudged and not judged:
        parts.append(Part(NOT_JUDGED, _why(ledger, unjudged)))
    first: Entry | NotJudged = judged[0][0] if judged else unjudged[0]
    return Headline(first.name, first.statement, tuple(parts), tuple(judged))


def _by_verdict_and_origin(
    ledger: Ledger, judged: Sequence[_WithMembers]
) -> Iterator[tuple[str, list[_WithMembers]]]:
    """Yield judgements that are told in one sentence; published numbers are told apart from measured ones."""
    for verdict in VERDICTS:
        by_origin: dict[str, list[_WithMembers]] = {}
        for pair in judged:
            if pair[0].verdict == verdict:
                by_origin.setdefault(ledger.origin_of(pair[0].evidence), []).append(pair)
        for same in by_origin.values():
            yield verdict, same


def _on_one(ledger: Ledger, entry: Entry, members: Sequence[Entry]) -> str:
    on = _on(ledger, [entry.evidence])
    if members:
        on += f", pooled over {len(members)}"
    if entry.verdict not in DECIDED or entry.estimate is None:
        return f"{on}: {_short(entry.reason)}"
    estimate, interval, p, n = entry.printed_numbers
    numbers = [f"{entry.statistic} = {estimate}"]
    if interval:
        numbers.append(f"{entry.interval_name} {interval}")
    if size := negligible_text(entry):
        numbers.append(size)
    if p:
        numbers.append(p_phrase(p))
    if n:
        numbers.append(f"N = {n}")
    numbers += filter(None, (heterogeneity_of(entry),))
    needed = needed_text(entry)
    return f"{on}: {', '.join(numbers)}" + (f", where {needed}" if needed else "")


def _on_several(ledger: Ledger, entries: Sequence[Entry]) -> str:
    on = _on(ledger, [entry.evidence for entry in entries])
    values = [entry.estimate for entry in entries if entry.estimate is not None]
    if len({entry.statistic for entry in entries}) != 1 or len(values) < len(entries):
        return on
    low, high = (number_text(value) for value in (min(values), max(values)))
    if low == high and min(values) != max(values):
        low, high = distinct_texts(min(values), max(values))
    statistic = entries[0].statistic
    text = f"{on}: {statistic} = {low}" if low == high else f"{on}: {statistic} from {low} to {high}"
    if counts := [entry.n for entry in entries if entry.n is not None]:
        text += f", N = {_span(counts)}" + (" each" if min(counts) == max(counts) else "")
    needed = [entry.needed_n for entry in entries if entry.needed_n is not None]
    if entries[0].verdict == Verdict.INCONCLUSIVE:
        text += (
            f", where {_would_decide(_span(needed)) if needed else 'the rule names no N that would decide'}"
        )
    return text


def _on(ledger: Ledger, evidence: Sequence[str]) -> str:
    """Return the evidence in words, with whose it is."""
    origins = {ledger.origin_of(name) for name in evidence}
    whose = origins.pop() if len(origins) == 1 else ""
    if len(evidence) == 1:
        label = ledger.label_of(evidence[0]) or "its own numbers"
        return f"on {label}" + (f" ({whose})" if whose and whose not in label else "")
    return f"on {len(evidence)} bodies of evidence" + (f" ({whose})" if whose else "")


def _would_decide(n: str) -> str:
    return f"N = {n} would decide (80% power for the smallest effect of interest)"


def _span(numbers: Sequence[int]) -> str:
    low, high = min(numbers), max(numbers)
    return str(low) if low == high else f"{low} to {high}"


def _why(ledger: Ledger, unjudged: Sequence[NotJudged]) -> str:
    first = unjudged[0]
    reason = f"({first.why}: {_short(first.reason)})" if first.reason else f"({first.why})"
    if len(unjudged) > 1:
        return f"on any of {len(unjudged)} bodies of evidence {reason}"
    return f"on {ledger.label_of(first.evidence)} {reason}" if first.evidence else reason


def _evidence_sentence(ledger: Ledger) -> str:
    by_origin = evidence_by_origin(ledger)
    parts = [f"{whose}: {_list(map(ledger.label_of, names))}" for whose, names in by_origin.items()]
    text = "; ".join(parts)
    return text[:1].upper() + text[1:] + "." if text else ""


def evidence_by_origin(ledger: Ledger) -> Mapping[str, tuple[str, ...]]:
    """Return the names of evidence by who measured it; a claim's own numbers are no evidence."""
    found: dict[str, list[str]] = {}
    names = [name for name in ledger.evidence if name]
    for origin, whose in MEASURED_BY.items():
        if same := [name for name in names if ledger.origin_of(name) == origin]:
            found[whose] = same
    if unknown := [name for name in names if not ledger.origin_of(name)]:
        found["of an origin that the report does not tell"] = unknown
    return {whose: tuple(names) for whose, names in found.items()}


def evidence_of_headlines(ledger: Ledger, summary: Summary) -> Mapping[str, tuple[tuple[str, ...], int]]:
    """Return by who measured it the evidence that headline claims are judged on, and the number of the rest.

    Where no headline claim is judged on any of it, the first few stand for all.
    """
    on = {entry.evidence for headline in summary.headlines for entry, _ in headline.judged}
    found = {}
    for whose, names in evidence_by_origin(ledger).items():
        chosen = tuple(name for name in names if name in on)[:_MOST_EVIDENCE] or names[:_FEW_EVIDENCE]
        found[whose] = (chosen, len(names) - len(chosen))
    return found


def _findings(ledger: Ledger) -> str:
    counts = ledger.counts_by_kind()
    findings = counts.pop(Kind.INFERENCE)
    total = sum(findings.values())
    named = ", ".join(f"{count} {verdict}" for verdict, count in findings.items() if count)
    text = f"{total} {'finding' if total == 1 else 'findings'}, which are judgements of inferences"
    text += f": {named}" if named else ""
    apart = [f"{sum(by_verdict.values())} {_KINDS[kind]}" for kind, by_verdict in counts.items()]
    return text + (f"; counted apart: {', '.join(apart)}." if apart else ".")


def _list(labels: Iterable[str]) -> str:
    names = list(labels)
    shown, more = names[:_MOST_NAMED], len(names) - _MOST_NAMED
    # Some labels have commas themselves.
    return " | ".join(shown) + (f" and {more} more" if more > 0 else "")


def _without_stop(sentence: str) -> str:
    return " ".join(sentence.split()).rstrip(".")


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST_REASON else text[: _LONGEST_REASON - 1] + "…"


def sentences(summary: Summary) -> Iterator[str]:
    """Yield the sentences of a summary, without those that are empty."""
    yield from (headline.sentence for headline in summary.headlines)
    if summary.further:
        yield f"{summary.further} further headline claims are in the ledger."
    yield from filter(None, (summary.evidence, summary.findings))
