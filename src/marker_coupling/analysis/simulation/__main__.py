"""Command line: ``python -m marker_coupling.analysis.simulation`` writes error rates of the analysis."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import nullcontext
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
    parser.add_argument(
        "--jobs", type=int, default=1, metavar="N",
        help=f"processes, each on one core (default: %(default)s; this host has {os.cpu_count()})",
    )  # fmt: skip
    given = parser.parse_args(arguments)
    if given.repeats < 2 or given.seed < 0 or given.jobs < 1:
        parser.error("--repeats: expected at least 2; --seed: a number from 0; --jobs: at least 1")
    worlds = list(WORLDS) if "all" in given.worlds else given.worlds
    try:
        table = Table.open(given.output, given.seed)
        with ProcessPoolExecutor(given.jobs) if given.jobs > 1 else nullcontext() as pool:
            for cell in plan_cells(worlds, given.repeats):
                table.complete(cell, pool.map if pool else map)
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
    # In calibration the area had intraclass correlations of .47, .59 and .76 on the three base models.
    calibrated = [
        Design(true_r=true_r, intraclass=intraclass) for intraclass in (0.47, 0.76) for true_r in (0.0, -0.3)
    ]
    more = {"plain": alone + noisier, "area": calibrated}
    listed += [Cell(world, design, fewer) for world in chosen for design in more.get(world.name, [])]
    return listed + cells(3, -0.3, fewer) + cells(5, -0.5, fewer)


if __name__ == "__main__":
    sys.exit(main())
