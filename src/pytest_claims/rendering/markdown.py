"""The ledger as Markdown for a repository or a CI job's summary: verdicts first, each claim folded up below.

GitHub shows a job summary of up to 1 MiB and drops a larger one whole, so the text stays below that: what
does not fit is left out, and how much is said.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import quote

from pytest_claims.ledger.families import adjusted_p_text, adjustment_text
from pytest_claims.ledger.groups import with_members
from pytest_claims.ledger.ledger import VERDICTS, Entry, Ledger
from pytest_claims.ledger.rule_dates import rule_fixed_text
from pytest_claims.ledger.summary import summarize
from pytest_claims.rendering.citation import cite_ledger
from pytest_claims.rendering.wording import (
    HEAD,
    INTERVAL,
    evidence_label,
    interval_below,
    interval_head,
    weights_text,
    with_labels,
)

#: Under GitHub's 1 MiB for all that a step writes to its summary.
LIMIT_BYTES = 1_000_000
#: Share of it for the table of judgements.
_TABLE_BYTES = 600_000
#: Share of it for the table of evidence, and for that of facts.
_PART_BYTES = 100_000
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>()#+!|~$&@])")
#: At the start of a line these make a list, a heading or a rule.
_LEADING = re.compile(r"^(\d{0,9})([-=.])(?=[\s=-]|$)")
_SIGNS = {
    "supported": "🟢",
    "refuted": "🟥",
    "inconclusive": "⚪\ufe0f",
    "uninformative": "🟪",
    "error": "🔺",
}
#: Where not everything fits, what people must see comes first.
_URGENCY = ("refuted", "error", "uninformative", "inconclusive", "supported")


def as_markdown(ledger: Ledger, figures: bool = True, limit_bytes: int = LIMIT_BYTES) -> str:
    """Return the ledger as GitHub-flavoured Markdown.

    Parameters
    ----------
    figures : show the figures, which lie beside the file; a job summary cannot
    limit_bytes : length of the text as UTF-8, at least some 300 kB
    """
    headlines = _headlines(ledger)
    ledger = with_labels(ledger)
    start = ["# Ledger of claims", "", *headlines, _summary(ledger), ""]
    start += [*_partial(ledger), *_left_out(ledger)]
    start += [*_counts_by_kind(ledger), *_counts(ledger), "", *_lost(ledger)]
    end = [
        *_not_judged(ledger),
        "",
        *_terms(ledger),
        f"To cite: {_plain(cite_ledger(ledger))}.",
        "",
        *_run(ledger),
    ]
    budget = limit_bytes - _size(start) - _size(end) - 1000
    table = _table(ledger, min(budget, _TABLE_BYTES * limit_bytes // LIMIT_BYTES))
    judged = with_members(ledger.entries)
    sections = (_section(entry, figures, members) for entry, members in judged)
    details, left = _fit(sections, len(judged), budget - _size(table))
    if left:
        total, missing = len(ledger.entries), sum(1 + len(members) for _, members in judged[-left:])
        details += ["", f"Left out for length: the details of {missing} of {total} judgements."]
    return "\n".join([*start, *table, *details, *end]) + "\n"


def _summary(ledger: Ledger) -> str:
    if not ledger.entries:
        return "No claim was judged."
    counts = [f"{_SIGNS[verdict]} {count} {verdict}" for verdict, count in ledger.findings.items() if count]
    total, findings = len(ledger.entries), sum(ledger.findings.values())
    if not findings:
        return f"{total} judgements, none of an inference."
    named = "finding" if findings == 1 else "findings"
    pooled = ", once for pooled evidence" if ledger.has_members else ""
    return f"{total} judgements; {findings} {named} (of inferences{pooled}): {', '.join(counts)}."


def _headlines(ledger: Ledger) -> list[str]:
    """Return the headline claims with their verdicts, and whose numbers the evidence is, as a list."""
    summary = summarize(ledger)
    if not summary.headlines:
        return []
    further = [f"{summary.further} further headline claims are in the table."] if summary.further else []
    found = [headline.sentence for headline in summary.headlines]
    return [*(f"- {_plain(sentence)}" for sentence in (*found, *further, summary.evidence) if sentence), ""]


def _terms(ledger: Ledger) -> list[str]:
    if not ledger.terms:
        return []
    rows = [(_plain(word), _plain(text)) for word, text in ledger.terms.items()]
    table = _part(("term", "definition"), ("---", "---"), rows, "terms", _PART_BYTES // 2)
    return ["<details><summary>Definitions</summary>", "", *table, "", "</details>", ""]


def _partial(ledger: Ledger) -> list[str]:
    if not ledger.partial:
        return []
    note = f"> A part of a run: {_plain(ledger.partial)}."
    return ["> [!WARNING]", note, ""]


def _not_judged(ledger: Ledger) -> list[str]:
    if not ledger.not_judged:
        return []
    rows = [
        (_plain(claim.name), _plain(claim.evidence), claim.why, _plain(claim.reason))
        for claim in ledger.not_judged
    ]
    head = ("not judged", "evidence", "why", "reason")
    return ["", *_part(head, ["---"] * 4, rows, "claims that were not judged", _PART_BYTES // 2)]


def _left_out(ledger: Ledger) -> list[str]:
    if not ledger.left_out:
        return []
    lines = ["> [!WARNING]", "> The report holds what could not be read. It is left out here:"]
    return [*lines, *(f"> - {_plain(sentence)}" for sentence in ledger.left_out), ""]


def _counts_by_kind(ledger: Ledger) -> list[str]:
    counts = ledger.counts_by_kind()
    if len(counts) < 2:
        return []
    return [*_counts_table("kind of claim", counts, "kinds"), ""]


def _counts(ledger: Ledger) -> list[str]:
    counts = ledger.counts_by_evidence()
    if len(counts) < 2:
        return []
    named = {evidence_label(name): by_verdict for name, by_verdict in counts.items()}
    return _counts_table("evidence", named, "bodies of evidence")


def _counts_table(subject: str, counts: Mapping[str, Mapping[str, int]], subjects: str) -> list[str]:
    rows = [
        (_plain(name), *(str(by_verdict[verdict] or "") for verdict in VERDICTS))
        for name, by_verdict in counts.items()
    ]
    return _part((subject, *VERDICTS), ("---", *["---:"] * len(VERDICTS)), rows, subjects)


def _lost(ledger: Ledger) -> list[str]:
    """Return a list of judgements whose p-value is no longer significant when it is adjusted."""
    lost = ledger.significance_lost
    if not lost:
        return []
    lines = [
        f"- {_plain(f'{entry.name} on {evidence_label(entry.evidence)}: {adjustment_text(entry)}')}"
        for entry in lost
    ]
    kept, missing = _fit(([line] for line in lines), len(lines), _PART_BYTES // 2)
    more = [f"- and {missing} more"] if missing else []
    return ["† No longer significant when adjusted for the family:", "", *kept, *more, ""]


def _part(
    head: Sequence[str],
    rule: Sequence[str],
    rows: Sequence[Sequence[str]],
    subject: str,
    limit_bytes: int = _PART_BYTES,
) -> list[str]:
    kept, missing = _fit(([_row(cells)] for cells in rows), len(rows), limit_bytes)
    note = ["", f"Left out for length: {missing} {subject}."] if missing else []
    return [_row(head), _row(rule), *kept, *note]


def _table(ledger: Ledger, limit_bytes: int) -> list[str]:
    is_adjusted = any(entry.p_adjusted is not None for entry in ledger.entries)
    judged = with_members(ledger.entries)
    intervals = interval_head(ledger.entries)
    rows = _rows(judged, is_adjusted, intervals)
    if _size(map(_row, rows)) > limit_bytes:
        rows = _rows(sorted(judged, key=lambda pair: _URGENCY.index(pair[0].verdict)), is_adjusted, intervals)
    named = (intervals if name == INTERVAL else name for name in HEAD[2:])
    head = ["verdict", "claim", "kind", *named]
    if is_adjusted:
        head.insert(head.index("p") + 1, "p, Holm")
    rule = ["---"] * 4 + ["---:"] * (len(head) - 4)
    subject = f"of {len(rows)} judgements; those that support come last"
    return _part(head, rule, rows, subject, limit_bytes)


def _rows(
    judged: Iterable[tuple[Entry, Sequence[Entry]]], is_adjusted: bool, intervals: str
) -> list[list[str]]:
    return [
        _cells(entry, is_adjusted, intervals) for pooled, members in judged for entry in (pooled, *members)
    ]


def _fit(blocks: Iterable[Sequence[str]], total: int, limit_bytes: int) -> tuple[list[str], int]:
    """Return the lines of the first blocks that fit, and the number of blocks that do not."""
    kept: list[str] = []
    taken, left = 0, limit_bytes
    for block in blocks:
        left -= _size(block)
        if left < 0:
            break
        kept += block
        taken += 1
    return kept, total - taken


def _size(lines: Iterable[str]) -> int:
    return sum(len(line.encode()) + 1 for line in lines)


def _cells(entry: Entry, is_adjusted: bool, intervals: str) -> list[str]:
    estimate, _, p, n = entry.printed_numbers
    adjusted = adjusted_p_text(entry) + (" †" if entry.significance_lost else "")
    return [
        f"{_SIGNS[entry.verdict]} **{entry.verdict}**",
        _plain(entry.name),
        entry.kind,
        ("↳ " if entry.pooled_in else "") + _plain(entry.evidence),
        estimate,
        interval_below(intervals, entry).replace(" ", "\N{NO-BREAK SPACE}"),
        _plain(p),
        *([_plain(adjusted)] if is_adjusted else []),
        n,
    ]


def _section(entry: Entry, figures: bool, members: Sequence[Entry] = ()) -> list[str]:
    on = f" on {_html(entry.evidence)}" if entry.evidence else ""
    lines = [
        "",
        f"<details><summary>{_SIGNS[entry.verdict]} {_html(entry.name)}{on}: {entry.verdict}</summary>",
        "",
        f"> {_plain(entry.statement)}",
        "",
        f"- **kind**: {entry.kind}",
    ]
    if entry.statistic:
        lines.append(f"- **statistic**: {_plain(entry.statistic)}")
    if entry.printed_numbers[1]:
        lines.append(f"- **{entry.interval_name}**: {entry.printed_numbers[1]}")
    lines.append(f"- **rule**: {_plain(entry.rule)}")
    fixed = {"rule fixed": rule_fixed_text(entry), "registration": entry.registration}
    lines += [f"- **{name}**: {_plain(text)}" for name, text in fixed.items() if text]
    lines.append(f"- **reason**: {_plain(entry.reason)}")
    optional = {
        "N that 80% power needs": "" if entry.needed_n is None else str(entry.needed_n),
        "family": _plain(entry.family),
        "p, adjusted": _plain(adjustment_text(entry)),
        "group": _plain(f"{entry.group} ({entry.role})") if entry.group else "",
        "weights": _plain(weights_text(entry, {})),
        "source": _plain(entry.source),
        "record": _plain(entry.record),
        "figures": _plain(entry.figures_at),
        "attempts": f"{entry.attempts}; the last counts" if entry.attempts > 1 else "",
    }
    lines += [f"- **{name}**: {text}" for name, text in optional.items() if text]
    lines += [f"- **figure missing**: {_plain(error)}" for error in entry.figure_errors]
    if figures:
        lines += [
            f"\n![{_plain(entry.id)}]({quote(path)})" for path in entry.figures if path.endswith(".png")
        ]
    for member in members:
        lines += _section(member, figures)
    return [*lines, "", "</details>"]


def _run(ledger: Ledger) -> list[str]:
    facts = [(_plain(name), _plain(value)) for name, value in ledger.run.items()]
    table = _part(("fact", "value"), ("---", "---"), facts, "facts")
    return ["<details><summary>Run</summary>", "", *table, "", "</details>"]


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _plain(text: str) -> str:
    """Text that Markdown shows as it is, on one line."""
    return _LEADING.sub(r"\1\\\2", _SPECIAL.sub(r"\\\1", " ".join(text.split())))


def _html(text: str) -> str:
    """Text within an HTML element that Markdown leaves alone, on one line."""
    return "".join(
        f"&#{ord(character)};" if _SPECIAL.match(character) or character in "\"'" else character
        for character in " ".join(text.split())
    )
