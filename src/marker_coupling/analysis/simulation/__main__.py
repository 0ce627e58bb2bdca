"""Command line: ``python -m marker_coupling.analysis.simulation`` writes error rates of the analysis."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from marker_coupling.analysis.data.arrays import AnalysisError
from marker_coupling.analysis.simulation.plan import plan_cells
from marker_coupling.analysis.simulation.table import Table
from marker_coupling.analysis.simulation.worlds import WORLDS


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


if __name__ == "__main__":
    sys.exit(main())
