"""Figures of R, made by r/reference.R, and the tables that they were made from."""

import json
from pathlib import Path

import numpy as np

FOLDER = Path(__file__).parent / "r"
R = json.loads((FOLDER / "reference.json").read_text())
PERSONAS = np.genfromtxt(FOLDER / "personas.csv", delimiter=",", names=True)
CELLS = np.genfromtxt(FOLDER / "cells.csv", delimiter=",", names=True)
SEEDS = 4


def by_persona_and_seed(column):
    """(N, S) from the cells, which are in this order."""
    return CELLS[column].reshape(-1, SEEDS)
