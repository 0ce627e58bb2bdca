"""Bootstrap over crossed wordings and questions: every wording comes with every question."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from marker_coupling.evidence.values.fields import FloatArray


@dataclass(frozen=True, eq=False)
class Draws:
    """Weights of wordings and questions in each resample; the weights of a resample sum to one.

    Parameters
    ----------
    wordings : (resamples, wordings)
    questions : (resamples, questions)
    """

    wordings: FloatArray
    questions: FloatArray


def draw(resamples: int, wordings: int, questions: int, seed: int) -> Draws:
    """Draw wordings and questions with replacement, each as many as there are."""
    generator = np.random.default_rng(seed)
    return Draws(
        wordings=generator.multinomial(wordings, [1 / wordings] * wordings, resamples) / wordings,
        questions=generator.multinomial(questions, [1 / questions] * questions, resamples) / questions,
    )
