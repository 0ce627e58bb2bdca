"""The ledger as Markdown: a table of verdicts, then each claim with its figures."""

from __future__ import annotations

import re

from pytest_claims.ledger import Entry, Ledger
from pytest_claims.numbers import interval_text, number_text, p_text

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>()#+!|~$&])")
_HEAD = ("verdict", "claim", "evidence", "estimate", "95% interval", "p", "N")


def as_markdown(ledger: Ledger) -> str:
    """Return the ledger as GitHub-flavoured Markdown."""
    lines = ["# Ledger of claims", "", _summary(ledger), ""]
    lines += [_row(_HEAD), _row(["---"] * 3 + ["---:"] * 4)]
    lines += [_row(_cells(entry)) for entry in ledger.entries]
    for entry in ledger.entries:
        lines += ["", *_section(entry)]
    lines += ["", "## Run", "", _row(("fact", "value")), _row(("---", "---"))]
    lines += [_row((_plain(name), _plain(value))) for name, value in ledger.run.items()]
    return "\n".join(lines) + "\n"


def _summary(ledger: Ledger) -> str:
    verdicts = ("supported", "refuted", "inconclusive", "uninformative", "error")
    counts = [f"{count} {verdict}" for verdict in verdicts if (count := ledger.count(verdict))]
    return f"{len(ledger.entries)} judgements: {', '.join(counts)}." if counts else "No claim was judged."


def _cells(entry: Entry) -> list[str]:
    return [
        f"**{entry.verdict}**",
        _plain(entry.id),
        _plain(entry.evidence),
        number_text(entry.estimate),
        interval_text(entry.ci_low, entry.ci_high),
        _plain(p_text(entry.p_value)),
        "" if entry.n is None else str(entry.n),
    ]


def _section(entry: Entry) -> list[str]:
    on = f" on {_plain(entry.evidence)}" if entry.evidence else ""
    lines = [f"## {_plain(entry.id)}{on}: {entry.verdict}", "", f"> {_plain(entry.statement)}", ""]
    if entry.statistic:
        lines.append(f"- **statistic**: {_plain(entry.statistic)}")
    lines += [f"- **rule**: {_plain(entry.rule)}", f"- **reason**: {_plain(entry.reason)}"]
    if entry.source:
        lines.append(f"- **source**: {_plain(entry.source)}")
    if entry.record:
        lines.append(f"- **record**: {_plain(entry.record)}")
    lines += [f"- **figure missing**: {_plain(error)}" for error in entry.figure_errors]
    lines += [f"\n![{_plain(entry.id)}]({path})" for path in entry.figures if path.endswith(".png")]
    return lines


def _row(cells: list[str] | tuple[str, ...]) -> str:
    return "| " + " | ".join(cells) + " |"


def _plain(text: str) -> str:
    """Text that Markdown shows as it is, on one line."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))
