"""The ledger as Markdown for a repository or a CI job's summary: verdicts first, each claim folded up below.

GitHub shows a job summary of up to 1 MiB and drops a larger one whole, so the text stays below that: what
does not fit is left out, and how much is said.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from urllib.parse import quote

from pytest_claims.core.kind import UNKNOWN, Kind
from pytest_claims.ledger.families import adjusted_p_text, adjustment_text
from pytest_claims.ledger.groups import with_members
from pytest_claims.ledger.ledger import VERDICTS, Entry, Ledger
from pytest_claims.rendering.wording import HEAD, evidence_label

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
    start = ["# Ledger of claims", "", _summary(ledger), "", *_partial(ledger), *_left_out(ledger)]
    start += [*_counts_by_kind(ledger), *_counts(ledger), "", *_lost(ledger)]
    end = [*_not_judged(ledger), "", *_run(ledger)]
    budget = limit_bytes - _size(start) - _size(end) - 1000
    table = _table(ledger, min(budget, _TABLE_BYTES * limit_bytes // LIMIT_BYTES))
    judged = with_members(ledger.entries)
    sections = ([_section(entry, figures, members)] for entry, members in judged)
    total = len(ledger.entries)
    details, missing = _fit(sections, total, budget - _size(table))
    if missing:
        details += ["", f"Left out for length: the details of {missing} of {total} judgements."]
    return "\n".join([*start, *table, *details, *end]) + "\n"


def _summary(ledger: Ledger) -> str:
    if not ledger.entries:
        return "No claim was judged."
    counts = [f"{_SIGNS[v]} {count} {v}" for v, count in ledger.findings.items() if count]
    others = [
        f"{sum(by_verdict.values())} {_kind_text(kind, sum(by_verdict.values()))}"
        for kind, by_verdict in ledger.counts_by_kind().items()
        if kind != Kind.INFERENCE
    ]
    sentence = f"{sum(ledger.findings.values())} findings" + (f": {', '.join(counts)}" if counts else "")
    beside = [f"Beside them judgements of {', '.join(others)}."] if others else []
    members = sum(bool(entry.pooled_in) for entry in ledger.entries)
    details = [f"Details of pooled judgements: {members}."] if members else []
    return " ".join([f"{sentence}.", *beside, *details])


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


def _counts(ledger: Ledger) -> list[str]:
    counts = ledger.counts_by_evidence()
    if len(counts) < 2:
        return []
    rows = [
        (_plain(evidence_label(name)), *(str(verdict_counts[verdict] or "") for verdict in VERDICTS))
        for name, verdict_counts in counts.items()
    ]
    return _part(("evidence", *VERDICTS), ("---", *["---:"] * len(VERDICTS)), rows, "bodies of evidence")


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
    rows = [_cells(entry) for entry in ledger.entries]
    if _size(map(_row, rows)) > limit_bytes:
        urgent = sorted(ledger.entries, key=lambda entry: _URGENCY.index(entry.verdict))
        rows = [_cells(entry) for entry in urgent]
    subject = f"of {len(rows)} judgements; those that support come last"
    return _part(HEAD, ["---"] * 3 + ["---:"] * 4, rows, subject, limit_bytes)


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


def _cells(entry: Entry) -> list[str]:
    estimate, interval, p, n = entry.printed_numbers
    return [
        f"{_SIGNS[entry.verdict]} **{entry.verdict}**",
        _plain(entry.name),
        _plain(entry.evidence),
        estimate,
        interval.replace(" ", "\N{NO-BREAK SPACE}"),
        _plain(p),
        n,
    ]


def _section(entry: Entry, figures: bool) -> list[str]:
    on = f" on {_html(entry.evidence)}" if entry.evidence else ""
    lines = [
        "",
        f"<details><summary>{_SIGNS[entry.verdict]} {_html(entry.name)}{on}: {entry.verdict}</summary>",
        "",
        f"> {_plain(entry.statement)}",
        "",
    ]
    if entry.statistic:
        lines.append(f"- **statistic**: {_plain(entry.statistic)}")
    lines += [f"- **rule**: {_plain(entry.rule)}", f"- **reason**: {_plain(entry.reason)}"]
    if entry.needed_n is not None:
        lines.append(f"- **N that 80% power needs**: {entry.needed_n}")
    if entry.source:
        lines.append(f"- **source**: {_plain(entry.source)}")
    if entry.record:
        lines.append(f"- **record**: {_plain(entry.record)}")
    if entry.attempts > 1:
        lines.append(f"- **attempts**: {entry.attempts}; the last counts")
    lines += [f"- **figure missing**: {_plain(error)}" for error in entry.figure_errors]
    if figures:
        lines += [
            f"\n![{_plain(entry.id)}]({quote(path)})" for path in entry.figures if path.endswith(".png")
        ]
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
