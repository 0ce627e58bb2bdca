"""Error rates as Markdown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marker_coupling.analysis.simulation.worlds import WORLDS

_FALSE = (
    "supported",
    "false support",
    "opposite",
    "student",
    "plain permutation",
    "covariates as exact",
    "naive",
)
_ON_FALSE = """\
*Supported* is the error of the headline, *false support* that of any hypothesis in the sequence. In the last
four columns, what other tests would have called significant in the claimed direction: Student's t with the
category jackknife; permutation of the mean Fisher z; the same model with covariates taken as measured without
error; and Pearson's r on one base model without covariates and categories."""
_TRUE = ("supported", "small", "false too small", "opposite", "inconclusive", "covered")
_ON_RIVAL = """\
Of the studies that support the headline: given distinctness, the cosine to the assistant has nothing to add.
Tests at 2.5%, by Student's t, with distinctness corrected for its error and taken as exact; and the errors of
the sequence and its power to find the rival."""
_RIVAL = ("headline", "corrected", "as exact", "false support", "panel adds", "sources add")


def markdown(seed: int, permutations: int, cells: Mapping[str, Mapping[str, Any]]) -> str:
    """Render the table.

    Parameters
    ----------
    seed, permutations : as the simulation was run
    cells : as :class:`marker_coupling.analysis.simulation.table.Table` keeps them
    """
    false = {key: cell for key, cell in cells.items() if cell["design"]["true_r"] == 0}
    true = {key: cell for key, cell in cells.items() if cell["design"]["true_r"] != 0}
    rival = {key: cell for key, cell in cells.items() if cell["world"]["distinctness_effect"]}
    lines = [
        "# Error rates of the registered analysis",
        "",
        f"Shares of simulated studies in percent; seed {seed}, {permutations} permutations. Nominal: 2.5,",
        "one-sided.",
        "Made by `python -m marker_coupling.analysis.simulation`; worlds and designs stand in",
        "`src/marker_coupling/analysis/simulation/worlds.py`.",
        "",
        "| world | what drives couplings |",
        "|---|---|",
        *(f"| {world.name} | {world.description} |" for world in WORLDS.values()),
        "",
        "## The headline is false",
        "",
        _ON_FALSE,
        "",
        *_table(
            [_row(cell, _FALSE) for cell in false.values() if not cell["world"]["distinctness_effect"]],
            _FALSE,
        ),
        "",
        "## The headline is true",
        "",
        "*Covered*: the 99% interval of the true correlation holds it, of the studies that are informative.",
        "",
        *_table([_row(cell, _TRUE) for cell in true.values()], _TRUE),
        "",
        "## The headline is true only through distinctness",
        "",
        _ON_RIVAL,
        "",
        *_table([_rival_row(cell) for cell in rival.values()], _RIVAL),
        "",
    ]
    return "\n".join(lines)


def _row(cell: Mapping[str, Any], names: tuple[str, ...]) -> list[str]:
    counts, repeats = cell["counts"], cell["counts"]["repeats"]
    informed = repeats - counts.get("uninformative", 0)
    shares = [_percent(counts.get(name, 0), informed if name == "covered" else repeats) for name in names]
    return [*_describe(cell), *shares]


def _rival_row(cell: Mapping[str, Any]) -> list[str]:
    counts = cell["counts"]
    repeats, supported = counts["repeats"], counts.get("supported", 0)
    return [
        *_describe(cell),
        _percent(supported, repeats),
        _percent(counts.get("panel corrected", 0), supported),
        _percent(counts.get("panel as exact", 0), supported),
        _percent(counts.get("false support", 0), repeats),
        _percent(counts.get("supported panel-given-cosine", 0), repeats),
        _percent(counts.get("supported sources-given-cosine", 0), repeats),
    ]


def _describe(cell: Mapping[str, Any]) -> list[str]:
    counts, design = cell["counts"], cell["design"]
    models = counts.get("informative base models", 0) / counts["repeats"]
    return [
        cell["world"]["name"], f"{design['personas']}", f"{design['seeds']}", f"{design['true_r']:g}",
        f"{design['intraclass']:g}", f"{counts['repeats']}", f"{models:.1f} of {design['base_models']}",
    ]  # fmt: skip


def _table(rows: list[list[str]], names: tuple[str, ...]) -> list[str]:
    head = ["world", "N", "seeds", "true r", "ICC", "studies", "informative base models", *names]
    return [_line(head), "|" + "---|" * len(head), *map(_line, rows)]


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _percent(count: int, total: int) -> str:
    return f"{100 * count / total:.1f}" if total else ""
