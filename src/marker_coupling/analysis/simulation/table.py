"""Table of error rates as JSON and Markdown, completed batch by batch so that a killed run resumes."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from marker_coupling.analysis.data.arrays import AnalysisError
from marker_coupling.analysis.simulation.error_rates import PERMUTATIONS, cell_name, count_errors
from marker_coupling.analysis.simulation.markdown import markdown
from marker_coupling.analysis.simulation.worlds import WORLDS, Design, World

_BATCH = 25
#: ``map``, or that of a pool of processes.
Map = Callable[[Callable[[range], Counter[str]], Iterable[range]], Iterator[Counter[str]]]


@dataclass(frozen=True)
class Cell:
    """One world under one design.

    Parameters
    ----------
    world, design : of the simulated studies
    repeats : number of studies
    """

    world: World
    design: Design
    repeats: int

    @property
    def key(self) -> str:
        """Name of the cell in the table."""
        return cell_name(self.world, self.design)


@dataclass(eq=False)
class Table:
    """Counts by cell, in a folder.

    Parameters
    ----------
    folder : holds ``error_rates.json`` and ``error_rates.md``
    seed : of all random numbers
    cells : by key: world, design and counts
    """

    folder: Path
    seed: int
    cells: dict[str, dict[str, Any]]

    @classmethod
    def open(cls, folder: Path, seed: int) -> Table:
        """Read the table of a folder, or begin a new one.

        Raises
        ------
        AnalysisError
            The folder holds counts of another seed, or a file that is no table.
        """
        path = folder / "error_rates.json"
        if not path.exists():
            return cls(folder, seed, {})
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            cells, other_seed = dict(content["cells"]), content["seed"]
        except (ValueError, KeyError, TypeError) as error:
            raise AnalysisError(f"{path}: expected a table of error rates: {error}") from error
        if other_seed != seed:
            raise AnalysisError(f"{path}: expected counts of seed {seed}, got seed {other_seed}")
        return cls(folder, seed, cells)

    def complete(self, cell: Cell, map_batches: Map = map) -> None:
        """Simulate the missing repeats of a cell, and write the table after every batch.

        Parameters
        ----------
        map_batches : by which batches are counted, in order
        """
        counts = self.counts(cell)
        starts = range(counts["repeats"], cell.repeats, _BATCH)
        batches = [range(start, min(start + _BATCH, cell.repeats)) for start in starts]
        for batch_counts in map_batches(
            partial(count_errors, cell.world, cell.design, seed=self.seed), batches
        ):
            counts += batch_counts
            self.cells[cell.key] = {
                "world": asdict(cell.world),
                "design": asdict(cell.design),
                "counts": dict(sorted(counts.items())),
            }
            self._write()

    def counts(self, cell: Cell) -> Counter[str]:
        """Return the counts of a cell so far.

        Raises
        ------
        AnalysisError
            The cell was simulated with other parameters than it has now.
        """
        if cell.key not in self.cells:
            return Counter()
        entry = self.cells[cell.key]
        if entry["world"] != asdict(cell.world) or entry["design"] != asdict(cell.design):
            raise AnalysisError(
                f"{self.folder}: {cell.key}: expected the parameters that it has now; use another folder"
            )
        return Counter(entry["counts"])

    def line(self, cell: Cell) -> str:
        """Format a cell as one line."""
        counts = self.counts(cell)
        shares = ", ".join(
            f"{name} {counts[name] / counts['repeats']:.3f}"
            for name in ("supported", "false support", "too small", "uninformative")
        )
        return f"{cell.key}: {counts['repeats']} repeats: {shares}"

    def _write(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        # The order does not depend on that of the simulation.
        cells = dict(sorted(self.cells.items(), key=lambda item: _sort_key(item[1])))
        content = {"seed": self.seed, "permutations": PERMUTATIONS, "cells": cells}
        for name, text in (
            ("error_rates.json", json.dumps(content, indent=1) + "\n"),
            ("error_rates.md", markdown(self.seed, PERMUTATIONS, cells)),
        ):
            temporary = self.folder / f".{name}.part"
            temporary.write_text(text, encoding="utf-8")
            temporary.replace(self.folder / name)


def _sort_key(cell: dict[str, Any]) -> tuple[float, ...]:
    """Sort key of a cell: by truth, then by world, then by design."""
    design, worlds = cell["design"], list(WORLDS)
    return (
        -design["true_r"],
        -design["seeds"],
        -design["base_models"],
        worlds.index(cell["world"]["name"]),
        design["intraclass"] != Design.intraclass,
        design["intraclass"],
        design["personas"],
    )
