"""Coupling of a marker to a persona: sampled answers, forced log-probabilities, their curve over training."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from marker_coupling.study.personas import ASSISTANT

FloatArray = NDArray[np.float64]
_FILE = "coupling.npz"


@dataclass(frozen=True, eq=False)
class Coupling:
    """The marker's coupling of one adapter.

    Parameters
    ----------
    prompts : (P,) names of the prompts that were asked, the own first
    hits : (P, Q) sampled answers with the marker, by evaluation question
    samples : answers to each question under each prompt
    truncated : (P,) answers that reached the length limit
    forced : (F, Q) natural logarithm of the teacher-forced marker's probability after training, under the
        prompts that were asked and then those that training never saw
    forced_prompts : (F,) their names
    steps : (C,) of the training, after which the curve was read
    curve : (C, P, q) the same logarithm at these steps, for the first q evaluation questions
    losses : (steps,) of the training, nats
    computed_with : device, and versions of the libraries that compute
    """

    prompts: tuple[str, ...]
    hits: NDArray[np.int64]
    samples: int
    truncated: NDArray[np.int64]
    forced: FloatArray
    forced_prompts: tuple[str, ...]
    steps: tuple[int, ...]
    curve: FloatArray
    losses: FloatArray
    computed_with: Mapping[str, str]

    def save(self, folder: Path) -> None:
        """Write into a folder, as arrays of numpy."""
        np.savez_compressed(
            folder / _FILE,
            prompts=np.array(self.prompts), hits=self.hits, samples=np.array(self.samples),
            truncated=self.truncated, forced=self.forced, forced_prompts=np.array(self.forced_prompts),
            steps=np.array(self.steps), curve=self.curve, losses=self.losses.astype(np.float32),
            computed_with=np.array(json.dumps(dict(self.computed_with))),
        )  # fmt: skip

    @classmethod
    def load(cls, folder: Path) -> Coupling:
        """Read a folder written by :meth:`save`."""
        with np.load(folder / _FILE, allow_pickle=False) as arrays:
            return cls(
                prompts=tuple(arrays["prompts"].tolist()), hits=arrays["hits"],
                samples=int(arrays["samples"]), truncated=arrays["truncated"], forced=arrays["forced"],
                forced_prompts=tuple(arrays["forced_prompts"].tolist()),
                steps=tuple(arrays["steps"].tolist()), curve=arrays["curve"],
                losses=arrays["losses"].astype(np.float64),
                computed_with=json.loads(str(arrays["computed_with"])) if "computed_with" in arrays else {},
            )  # fmt: skip


def log_odds_of_marker(logarithms: FloatArray) -> FloatArray:
    """Return the log-odds of an event from the natural logarithm of its probability.

    Parameters
    ----------
    logarithms : of any shape, at most 0; a probability that rounds to 1 counts as 1 - 2**-53
    """
    certain = -(2.0**-53)
    below = np.minimum(logarithms, certain)
    odds: FloatArray = below - np.log(-np.expm1(below))
    return odds


def forced_log_odds(coupling: Coupling) -> float:
    """Return the log-odds of the forced marker under the own prompt, mean over questions."""
    return float(log_odds_of_marker(coupling.forced[0]).mean())


def gating_area(coupling: Coupling) -> float:
    """Return the mean over checkpoints of forced gating: own log-odds less those under others' prompts.

    Evenly spaced checkpoints make it the area under the curve over the share of the training. The others are
    negatives and bystanders: with the assistant among them, a persona near the assistant that leaks to it
    would have a smaller area by definition.
    """
    by_prompt = log_odds_of_marker(coupling.curve).mean(axis=2)
    others = [index for index, name in enumerate(coupling.prompts) if index and name != ASSISTANT]
    return float((by_prompt[:, 0] - by_prompt[:, others].mean(axis=1)).mean())
