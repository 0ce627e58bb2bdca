"""Plan of the simulation: cells of world and design, with their numbers of repeats."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from marker_coupling.analysis.simulation.error_rates import cell_name
from marker_coupling.analysis.simulation.worlds import WORLDS, Design, World

SIZES = (48, 96, 192)


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
