"""Input of the analysis: arrays by persona and seed, one set for each base model."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from marker_coupling.analysis.data.arrays import AnalysisError, FloatArray, IntArray, counts, numbers


@dataclass(frozen=True, eq=False)
class Counts:
    """Samples with the marker, and all samples.

    Parameters
    ----------
    hits : (N, S, ...) by source persona and seed
    samples : of the same shape, or one number for all
    """

    hits: FloatArray
    samples: FloatArray

    def __post_init__(self) -> None:
        hits, samples = counts("counts", self.hits, self.samples, (None,) * np.ndim(self.hits))
        object.__setattr__(self, "hits", hits)
        object.__setattr__(self, "samples", samples)


@dataclass(frozen=True, eq=False)
class BystanderCounts:
    """Samples of adapters under other personas' prompts, one entry for each cell that was drawn.

    Parameters
    ----------
    source, prompt, seed : (C,) indices of source persona, of the persona whose prompt was asked, and of the
        seed
    hits, samples : (C,)
    """

    source: IntArray
    prompt: IntArray
    seed: IntArray
    hits: FloatArray
    samples: FloatArray

    def __post_init__(self) -> None:
        hits, samples = counts("bystanders", self.hits, self.samples, (None,))
        object.__setattr__(self, "hits", hits)
        object.__setattr__(self, "samples", samples)
        for name in ("source", "prompt", "seed"):
            index = numbers(f"bystander {name}", getattr(self, name), (hits.size,))
            if (index != np.floor(index)).any() or (index < 0).any():
                raise AnalysisError(f"bystander {name}: expected indices from 0")
            object.__setattr__(self, name, index.astype(np.int64))
        if (self.source == self.prompt).any():
            raise AnalysisError("bystander prompt: expected other personas than the source")


@dataclass(frozen=True, eq=False)
class Cosines:
    """Centred cosines of each persona's prompts; texts are its name and descriptions.

    Parameters
    ----------
    assistant : (L, T, W, N) to the assistant, by layer, text, wording and persona
    panel : (L, T, W, N) mean over a fixed reference panel
    sources : (L, T, W, N) mean over the other sources
    negatives : (L, T, W, N, S) mean over the two negatives of each seed
    layers : (L,) k of each layer: 0 is the embedding, k the output of block k
    blocks : number of blocks of the base model
    """

    assistant: FloatArray
    panel: FloatArray
    sources: FloatArray
    negatives: FloatArray
    layers: tuple[int, ...]
    blocks: int

    def __post_init__(self) -> None:
        layers = len(self.layers)
        shape = (layers, *np.shape(self.assistant)[1:])
        if len(shape) != 4:
            raise AnalysisError(
                "cosine to the assistant: expected shape (layers, texts, wordings, personas), "
                f"got {np.shape(self.assistant)}"
            )
        for name in ("assistant", "panel", "sources"):
            object.__setattr__(self, name, _cosines(f"cosine to {name}", getattr(self, name), shape))
        object.__setattr__(self, "negatives", _cosines("cosine to negatives", self.negatives, (*shape, None)))


@dataclass(frozen=True, eq=False)
class BaseModelData:
    """Measures of one base model, by persona and seed.

    Parameters
    ----------
    name : of the base model
    own, assistant : (N, S) counts under the source's own prompt and under the assistant's
    negatives : (N, S, 2) counts under the seed's two negatives
    cosines : see :class:`Cosines`
    js_nats : (T, W, N) Jensen-Shannon divergence to the assistant, above 0
    lexical_cosine : (N,) cosine to the assistant of the bag of the trained prompt's token embeddings
    prompt_tokens : (N,) length of the trained prompt
    forced_log_odds : (N, S) of the teacher-forced marker under the own prompt, if measured
    gating_area : (N, S) area under the curve of forced gating along training, if measured
    bystanders : counts under other personas' prompts, if sampled
    """

    name: str
    own: Counts
    assistant: Counts
    negatives: Counts
    cosines: Cosines
    js_nats: FloatArray
    lexical_cosine: FloatArray
    prompt_tokens: FloatArray
    forced_log_odds: FloatArray | None = None
    gating_area: FloatArray | None = None
    bystanders: BystanderCounts | None = None

    def __post_init__(self) -> None:
        if np.ndim(self.own.hits) != 2:
            raise AnalysisError(f"{self.name}: own counts: expected shape (personas, seeds)")
        shape: tuple[int, ...] = self.own.hits.shape
        n, seeds = shape
        expected: dict[str, tuple[tuple[int, ...], tuple[int, ...]]] = {
            "assistant counts": (self.assistant.hits.shape, shape),
            "negatives' counts": (self.negatives.hits.shape, (*shape, 2)),
            "cosines: personas": (self.cosines.assistant.shape[-1:], (n,)),
            "cosines to negatives: personas, seeds": (self.cosines.negatives.shape[-2:], shape),
        }
        for name, (got, wanted) in expected.items():
            if got != wanted:
                raise AnalysisError(f"{self.name}: {name}: expected shape {wanted}, got {got}")
        if (js := self._numbers("js_nats", (None, None, n))).min() <= 0:
            raise AnalysisError(f"{self.name}: js_nats: expected numbers above 0, got {js.min():g}")
        self._numbers("lexical_cosine", (n,))
        if (tokens := self._numbers("prompt_tokens", (n,))).min() < 1:
            raise AnalysisError(f"{self.name}: prompt_tokens: expected at least 1, got {tokens.min():g}")
        for name in ("forced_log_odds", "gating_area"):
            if getattr(self, name) is not None:
                self._numbers(name, shape)
        if self.bystanders is not None and (
            max(self.bystanders.source.max(), self.bystanders.prompt.max()) >= n
            or self.bystanders.seed.max() >= seeds
        ):
            raise AnalysisError(
                f"{self.name}: bystanders: expected indices below {n} personas and {seeds} seeds"
            )

    def _numbers(self, name: str, shape: tuple[int | None, ...]) -> FloatArray:
        array = numbers(f"{self.name}: {name}", getattr(self, name), shape)
        object.__setattr__(self, name, array)
        return array


@dataclass(frozen=True, eq=False)
class StudyData:
    """The same personas on several base models.

    Parameters
    ----------
    personas : (N,) names
    base_models : at least one
    categories : (N,) a label for each persona; without them each persona stands alone
    """

    personas: tuple[str, ...]
    base_models: tuple[BaseModelData, ...]
    categories: tuple[str, ...] | None = field(default=None)

    def __post_init__(self) -> None:
        n = len(self.personas)
        if len(set(self.personas)) != n:
            raise AnalysisError("personas: expected different names")
        names = [model.name for model in self.base_models]
        if not names or len(set(names)) != len(names):
            raise AnalysisError(f"base models: expected at least one, with different names, got {names}")
        for model in self.base_models:
            if model.own.hits.shape[0] != n:
                raise AnalysisError(f"{model.name}: expected {n} personas, got {model.own.hits.shape[0]}")
        if self.categories is not None and len(self.categories) != n:
            raise AnalysisError(f"categories: expected {n} labels, one a persona, got {len(self.categories)}")


def _cosines(name: str, values: FloatArray, shape: tuple[int | None, ...]) -> FloatArray:
    array = numbers(name, values, shape)
    if np.abs(array).max() > 1 + 1e-6:
        raise AnalysisError(
            f"{name}: expected numbers from -1 to 1, got {array.flat[np.abs(array).argmax()]:g}"
        )
    return array
