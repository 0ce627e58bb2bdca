"""Divergences and cosines that a toy world plants, in closed form, by SciPy."""

from collections.abc import Sequence

import numpy as np
from scipy.spatial.distance import cdist, jensenshannon

from marker_coupling.toy.toy_world import ToyWorld


def planted_divergence(world: ToyWorld, personas: Sequence[str]) -> np.ndarray:
    """Jensen-Shannon divergence between the words of each two personas, (personas, personas) nats.

    Before an answer can end its words are independent draws, so that this is the divergence of every token's
    distribution, whatever came before.
    """
    distributions = np.stack([world.answer_distribution(persona) for persona in personas])
    # Where rounding makes a divergence of almost nothing negative, SciPy's root of it is NaN.
    with np.errstate(invalid="ignore"):
        return np.nan_to_num(jensenshannon(distributions[:, None], distributions[None], axis=-1)) ** 2


def planted_cosines(world: ToyWorld, personas: Sequence[str]) -> np.ndarray:
    """Cosines between styles less the mean style of these personas, (personas, personas)."""
    styles = np.stack([world.personas[persona].style for persona in personas])
    centred = styles - styles.mean(axis=0)
    return 1 - cdist(centred, centred, "cosine")
