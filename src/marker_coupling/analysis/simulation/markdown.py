"""Error rates as Markdown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from marker_coupling.analysis.simulation.worlds import WORLDS

#: Columns of shares by heading: the counts that they are of, and those that they are out of.
_Columns = Mapping[str, tuple[str, str]]
_FALSE: _Columns = {
    name: (name, "repeats")
    for name in (
        "supported", "false support", "opposite", "student", "plain permutation", "covariates as exact",
        "naive",
    )
}  # fmt: skip
_ON_FALSE = """\
*Supported* is the error of the headline, *false support* that of any hypothesis in the sequence. In the last
four columns, what other tests would have called significant in the claimed direction: Student's t with the
category jackknife; permutation of the mean Fisher z; the same model with covariates taken as measured without
error; and Pearson's r on one base model without covariates and categories."""
_TRUE: _Columns = {
    **{
        name: (name, "repeats")
        for name in ("supported", "small", "false too small", "opposite", "inconclusive")
    },
    "covered": ("covered", "informative"),
}
_ON_RIVAL = """\
Of the studies that support the headline: given distinctness, the cosine to the assistant has nothing to add.
Tests at 2.5%, by Student's t, with distinctness corrected for its error and taken as exact; and the errors of
the sequence and its power to find the rival."""
_RIVAL: _Columns = {
    "headline": ("supported", "repeats"),
    "corrected": ("panel corrected", "supported"),
    "as exact": ("panel as exact", "supported"),
    "false support": ("false support", "repeats"),
    "panel adds": ("supported panel-given-cosine", "repeats"),
    "sources add": ("supported sources-given-cosine", "repeats"),
}


def markdown(seed: int, permutations: int, cells: Mapping[str, Mapping[str, Any]]) -> str:
    """Render the table.

    Parameters
    ----------
    seed, permutations : as the simulation was run
    cells : as :class:`marker_coupling.analysis.simulation.table.Table` keeps them
    """
    false = [cell for cell in cells.values() if cell["design"]["true_r"] == 0]
    true = [cell for cell in cells.values() if cell["design"]["true_r"] != 0]
    rival = [cell for cell in cells.values() if cell["world"]["distinctness_effect"]]
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
        *_table([cell for cell in false if cell not in rival], _FALSE),
        "",
        "## The headline is true",
        "",
        "*Covered*: the 99% interval of the true correlation holds it, of the studies that are informative.",
        "",
        *_table(true, _TRUE),
        "",
        "## The headline is true only through distinctness",
        "",
        _ON_RIVAL,
        "",
        *_table(rival, _RIVAL),
        "",
    ]
    return "\n".join(lines)


def _table(cells: Sequence[Mapping[str, Any]], columns: _Columns) -> list[str]:
    head = ["world", "N", "seeds", "true r", "ICC", "studies", "informative base models", *columns]
    return [_line(head), "|" + "---|" * len(head), *(_line(_row(cell, columns)) for cell in cells)]


def _row(cell: Mapping[str, Any], columns: _Columns) -> list[str]:
    design, counts = cell["design"], Counter(cell["counts"])
    repeats = counts["repeats"]
    counts["informative"] = repeats - counts["uninformative"]
    models = counts["informative base models"] / repeats
    shares = [
        f"{100 * counts[part] / counts[whole]:.1f}" if counts[whole] else ""
        for part, whole in columns.values()
    ]
    return [
        cell["world"]["name"], f"{design['personas']}", f"{design['seeds']}", f"{design['true_r']:g}",
        f"{design['intraclass']:g}", f"{repeats}", f"{models:.1f} of {design['base_models']}", *shares,
    ]  # fmt: skip


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"
