"""The librarian, the ten-persona study's outlier: is it distinct from the other personas in this model?"""

import numpy as np

from marker_coupling.figures.persona_layers import persona_over_layers
from marker_coupling.measures.persona_distances import persona_distances
from pytest_claims import Description, Estimate, claim
from pytest_claims.statistics import described

from .layers import ends
from .panels import labelled, marked

LIBRARIAN = "librarian"
_NAMED = 3


@claim(
    "librarian-is-farthest-from-the-others",
    "At most layers of the upper half the librarian is the persona that lies farthest from the others.",
    needs=("model_geometry", "persona:librarian"),
    rule=Description(
        "its mean distance to the other sources is the largest at more than half of these layers"
    ),
    source="next question of the study: what makes the librarian distinct",
    kind="description",
)
def test_librarian_is_farthest(evidence, verdict):
    sources, distances = evidence.study.sources, persona_distances(evidence)
    librarian = sources.index(LIBRARIAN)
    ranks, resampled = distances.ranks(librarian)
    first = float((ranks[distances.upper] == 1).mean())
    low, high = np.quantile((resampled[:, distances.upper] == 1).mean(axis=1), [0.025, 0.975])
    names = labelled(evidence.study, sources)
    nearest = ", ".join(
        f"{names[other]} {cosine:+.2f}" for other, cosine in distances.nearest(librarian)[:_NAMED]
    )
    tokens = evidence.prompt_tokens.mean(axis=0)[:-1]
    longer = int((tokens > tokens[librarian]).sum())
    detail = (
        f"mean rank {ranks[distances.upper].mean():.1f} of {len(sources)} there, "
        f"{ranks[~distances.upper].mean():.1f} below; nearest (cosine) {nearest}; "
        f"its prompt has {tokens[librarian]:.1f} tokens, {longer} of {len(sources) - 1} others have more"
    )
    share = Estimate(
        "share of the upper half's layers (interval: questions and wordings)", first, len(sources),
        ci_low=low, ci_high=high, detail=detail,
    )  # fmt: skip
    verdict.decide(described(share, holds=first > 0.5))
    verdict.figure(
        persona_over_layers, distances.layers.tolist(), distances.distances, names, marked(evidence.study, sources), librarian,
        ends(distances.resampled[..., librarian]), ranks, ends(resampled),
        upper_from=int(distances.layers[distances.upper][0]), caption=f"nearest: {nearest}".replace(", ", ",\n", 1),
    )  # fmt: skip
