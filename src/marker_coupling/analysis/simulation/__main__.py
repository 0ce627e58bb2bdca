"""Command line: ``python -m marker_coupling.analysis.simulation`` writes error rates of the analysis."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from marker_coupling.analysis.data.arrays import AnalysisError
from marker_coupling.analysis.simulation.table import Cell, Table
from marker_coupling.analysis.simulation.worlds import WORLDS, Design

SIZES = (48, 96, 192)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m marker_coupling.analysis.simulation", description=__doc__
    )
    parser.add_argument(
        "--worlds",
        nargs="+",
        choices=[*WORLDS, "all"],
        default=["all"],
        help="worlds to simulate (default: all)",
    )
    parser.add_argument(
        "--repeats", type=int, default=2_000,
        help="studies with five seeds where the headline is false (default: %(default)s); elsewhere a quarter"
    )  # fmt: skip
    parser.add_argument("--seed", type=int, default=0, help="of all random numbers (default: %(default)s)")
    parser.add_argument(
        "--output", type=Path, required=True, metavar="DIR",
        help="where error_rates.json and error_rates.md go; what they hold already is not simulated again",
    )  # fmt: skip
    given = parser.parse_args(arguments)
    if given.repeats < 2 or given.seed < 0:
        parser.error("--repeats: expected at least 2; --seed: expected a number from 0")
    worlds = list(WORLDS) if "all" in given.worlds else given.worlds
    try:
        table = Table.open(given.output, given.seed)
        for cell in plan_cells(worlds, given.repeats):
            table.complete(cell)
            print(table.line(cell), flush=True)
    except (AnalysisError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def plan_cells(worlds: Sequence[str], repeats: int) -> list[Cell]:
    """List the cells, the most informative first.

    Parameters
    ----------
    worlds : names
    repeats : with five seeds where the headline is false; a quarter of it elsewhere
    """
    chosen = [WORLDS[name] for name in worlds]

    def cells(seeds: int, true_r: float, count: int) -> list[Cell]:
        return [
            Cell(world, Design(personas=size, seeds=seeds, true_r=true_r), count)
            for world in chosen
            for size in SIZES
            if true_r == 0 or not world.distinctness_effect
        ]

    fewer = max(1, repeats // 4)
    listed = cells(5, 0.0, repeats) + cells(5, -0.3, fewer) + cells(3, 0.0, fewer)
    alone = [Design(true_r=true_r, base_models=1) for true_r in (0.0, -0.3)]
    noisier = [
        Design(true_r=true_r, intraclass=intraclass)
        for intraclass in (0.05, 0.2, 0.35, 0.6)
        for true_r in (0.0, -0.3)
    ]
    listed += [
        Cell(world, design, fewer) for world in chosen if world.name == "plain" for design in alone + noisier
    ]
    return listed + cells(3, -0.3, fewer) + cells(5, -0.5, fewer)


if __name__ == "__main__":
    sys.exit(main())
