"""Draw a study from a world."""

from __future__ import annotations

import numpy as np
from scipy import special

from marker_coupling.analysis.data.arrays import FloatArray, IntArray
from marker_coupling.analysis.data.study_data import BaseModelData, Cosines, Counts, StudyData
from marker_coupling.analysis.simulation.worlds import Design, World

TEXTS, WORDINGS = 3, 5
#: Correlations of the true measures: cosine to the assistant, mean cosine to other personas, mean cosine to
#: the negatives, lexical cosine, log prompt tokens. The first two correlate as measured on 48 personas, so
#: do the first and the third.
MEASURES = np.array(
    [
        [1.00, 0.77, 0.56, 0.40, 0.10],
        [0.77, 1.00, 0.50, 0.30, 0.10],
        [0.56, 0.50, 1.00, 0.30, 0.10],
        [0.40, 0.30, 0.30, 1.00, 0.30],
        [0.10, 0.10, 0.10, 0.30, 1.00],
    ]
)
_COVARIATES = [2, 3, 4]
_ROOT = np.linalg.cholesky(MEASURES)
_SLOPES = np.linalg.solve(MEASURES[np.ix_(_COVARIATES, _COVARIATES)], MEASURES[_COVARIATES, 0])
_RESIDUAL = np.sqrt(1 - MEASURES[0, _COVARIATES] @ _SLOPES)
#: Shares of measures and of persona effects that base models have in common; of the cosine to one seed's
#: negatives that is common to all seeds; of the error of a mean over prompts that lies between texts and
#: between wordings.
_SHARED_MEASURES, _SHARED_EFFECTS, _COMMON_NEGATIVES = 0.6, 0.3, 0.6
_TEXT_ERROR, _WORDING_ERROR = 0.80, 0.05
_COSINE_SCALE = 0.1


def draw_study(world: World, design: Design, generator: np.random.Generator) -> StudyData:
    """Draw personas, measures, couplings and counts."""
    return _Drawing(world, design, generator).study()


class _Drawing:
    def __init__(self, world: World, design: Design, generator: np.random.Generator) -> None:
        self.world, self.design, self.generator = world, design, generator
        self.categories: IntArray = np.arange(design.personas) // world.category_size

    def study(self) -> StudyData:
        design = self.design
        measures, effects = self._personas(MEASURES.shape[0]), self._personas(1, self.world.heavy_tails)[:, 0]
        pairs = self._personas(design.seeds)
        models = tuple(
            self._base_model(f"model-{k + 1}", measures, effects, pairs) for k in range(design.base_models)
        )
        names = tuple(f"persona-{k + 1}" for k in range(design.personas))
        return StudyData(names, models, tuple(f"category-{k + 1}" for k in self.categories))

    def _base_model(
        self, name: str, measures: FloatArray, effects: FloatArray, pairs: FloatArray
    ) -> BaseModelData:
        design, world, normal = self.design, self.world, self.generator.normal
        n, seeds = design.personas, design.seeds
        specific = self._personas(MEASURES.shape[0])
        true = _blend(measures, specific, _SHARED_MEASURES) @ _ROOT.T
        effect = _blend(effects, self._personas(1, world.heavy_tails)[:, 0], _SHARED_EFFECTS)
        to_negatives = _blend(true[:, 2:3], pairs, _COMMON_NEGATIVES)  # (N, S)
        predictor = (true[:, 0] - true[:, _COVARIATES] @ _SLOPES) / _RESIDUAL
        # The factor keeps the variance of effects at 1.
        effect = effect * np.exp(world.funnel * predictor - world.funnel**2)
        persona = design.true_r * predictor + np.sqrt(1 - design.true_r**2) * effect
        persona = persona + world.words_effect * true[:, 3] + world.distinctness_effect * true[:, 1]
        persona_seed = persona[:, None] + world.negatives_effect * to_negatives / np.sqrt(_COMMON_NEGATIVES)
        noise = self._noise((n, seeds), world.heavy_tails)
        propensity = np.sqrt(design.intraclass) * persona_seed + np.sqrt(1 - design.intraclass) * noise
        propensity = propensity + 0.5 * normal(size=seeds)
        leak = -1.0 + 0.7 * propensity + 0.7 * normal(size=n)[:, None] + 0.7 * normal(size=(n, seeds))
        own_counts = self._counts(self._log_odds(propensity))
        log_js = -3 - 0.25 * true[:, 0] + 0.43 * self._personas(1)[:, 0]
        return BaseModelData(
            name=name,
            own=own_counts,
            assistant=self._counts(leak),
            negatives=self._counts(np.full((n, seeds, 2), -3.0)),
            cosines=self._cosines(true, to_negatives),
            js_nats=np.exp(self._add_error(log_js, 0.5)),
            lexical_cosine=true[:, 3] * _COSINE_SCALE,
            prompt_tokens=np.exp(2.5 + 0.2 * true[:, 4]),
            gating_area=1 + propensity if world.link == "area" else None,
        )

    def _log_odds(self, propensity: FloatArray) -> FloatArray:
        if self.world.link == "bimodal":
            return 3 * np.tanh(4 * propensity)
        return 3 + 1.5 * propensity if self.world.link == "ceiling" else 2 * propensity

    def _cosines(self, true: FloatArray, to_negatives: FloatArray) -> Cosines:
        measured = [_COSINE_SCALE * self._add_error(true[:, k])[None] for k in (0, 1, 1)]
        # One prompt is compared with all negatives: its error is common to them.
        error = self._add_error(np.zeros(true.shape[0]))
        negatives = (_COSINE_SCALE * (to_negatives + error[..., None]))[None]
        assistant, panel, sources, to_each = (np.clip(cosine, -1, 1) for cosine in (*measured, negatives))
        return Cosines(assistant, panel, sources, to_each, layers=(1,), blocks=1)

    def _add_error(self, true: FloatArray, scale: float = 1.0) -> FloatArray:
        """Add the errors of texts and wordings, (T, W, N)."""
        normal, n = self.generator.normal, true.size
        error = scale**2 * (1 / self.design.reliability - 1)
        text = np.sqrt(error * _TEXT_ERROR * TEXTS) * normal(size=(TEXTS, 1, n))
        wording = np.sqrt(error * _WORDING_ERROR * WORDINGS) * normal(size=(1, WORDINGS, n))
        rest = np.sqrt(error * (1 - _TEXT_ERROR - _WORDING_ERROR) * TEXTS * WORDINGS)
        measured: FloatArray = true + text + wording + rest * normal(size=(TEXTS, WORDINGS, n))
        return measured

    def _counts(self, log_odds: FloatArray) -> Counts:
        samples = np.full(log_odds.shape, float(self.design.samples))
        return Counts(
            self.generator.binomial(self.design.samples, special.expit(log_odds)).astype(float), samples
        )

    def _personas(self, columns: int, heavy: bool = False) -> FloatArray:
        """Draw effects of variance 1, the world's share of it between categories, (N, columns)."""
        between = self._noise((int(self.categories.max()) + 1, columns), heavy)[self.categories]
        within = self._noise((self.categories.size, columns), heavy)
        return _blend(between, within, self.world.category_share)

    def _noise(self, shape: tuple[int, ...], heavy: bool) -> FloatArray:
        if heavy:
            tails: FloatArray = self.generator.standard_t(3, shape) / np.sqrt(3)
            return tails
        return self.generator.normal(size=shape)


def _blend(first: FloatArray, second: FloatArray, share: float) -> FloatArray:
    """Sum with ``share`` of the variance from the first."""
    blended: FloatArray = np.sqrt(share) * first + np.sqrt(1 - share) * second
    return blended
