"""Names of the measures in a body of evidence, and the columns of its table."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType

#: The Jensen-Shannon divergence of two distributions is at most ln 2, in nats.
LARGEST_JS_NATS = math.log(2)
#: Distances to the assistant, each with its range.
DISTANCE_RANGES: Mapping[str, tuple[float, float]] = MappingProxyType(
    {"cosine_to_assistant": (-1.0, 1.0), "js_to_assistant": (0.0, LARGEST_JS_NATS)}
)
#: Columns in which published numbers may have been rounded, or correlated with each other.
COLUMNS = (*DISTANCE_RANGES, "source_rate")
#: Columns of the numbers that are kept, by persona.
NUMBER_COLUMNS = (*DISTANCE_RANGES, "marker_hits", "marker_samples")
#: Measures of marker coupling, which tell nothing where adapters do not gate.
COUPLING_MEASURES = ("source_rate", "leakage", "leak_to_assistant", "marker_probability")
#: Measures of an experiment in which adapters are trained, the controls' and the personas' aside.
EXPERIMENT_MEASURES = frozenset({*DISTANCE_RANGES, *COUPLING_MEASURES, "dissociation", "trained_rate"})
