"""Small studies with known truth."""

import numpy as np

from marker_coupling.analysis.data.categories import categories_of
from marker_coupling.analysis.data.replicated import exact, over_prompts, over_seeds


def variables(seed, n=40, r=0.0, error=0.25, seeds=4, given=1):
    """Predictor, outcome and covariates with replicates, and categories of two."""
    generator = np.random.default_rng(seed)
    categories = categories_of(list(np.arange(n) // 2), n)

    def personas():
        return 0.6 * generator.normal(size=n)[categories.codes] + 0.8 * generator.normal(size=n)

    true_covariate = personas()
    x = 0.5 * true_covariate + np.sqrt(0.75) * personas()
    y = r * x + 0.4 * true_covariate + personas()
    texts = np.sqrt(3 * error)

    def prompts(true):
        return over_prompts(
            true + texts * generator.normal(size=(3, 1, n)) + 0.1 * generator.normal(size=(3, 2, n))
        )

    covariates = [prompts(true_covariate), *(exact(personas()) for _ in range(given))]
    outcome = over_seeds(y[:, None] + 0.7 * generator.normal(size=(n, seeds)))
    return prompts(x), outcome, covariates, categories
