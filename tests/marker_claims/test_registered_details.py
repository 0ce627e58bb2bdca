from marker_claims.registered_details import (
    describe_cell_effects,
    describe_power,
    describe_random_effects,
)
from marker_coupling.analysis.decisions.supplements import AchievedPower, CellEffect
from marker_coupling.analysis.models.random_effects import random_effects


def test_power_names_effect_share_and_personas():
    assert describe_power(AchievedPower(0.3, 0.914, 0.72, 1234)) == (
        "power at |true r| = 0.3 with these personas and reliabilities 91% (a correlation shrinks by a factor of "
        "0.72; 80% needs 1,234 personas)"
    )
    assert "80% needs over 100,000 personas" in describe_power(AchievedPower(0.3, 0.03, 0.01, None))
    assert "nothing but error is left" in describe_power(AchievedPower(0.3, 0.025, 0.0, None))


def test_random_effects_say_that_base_models_are_not_independent():
    told = describe_random_effects(random_effects([-0.3, -0.1, -0.2], [0.01, 0.01, 0.01]))
    assert told == (
        "random effects over base models (Hartung and Knapp, a description as they share personas) "
        "r = -0.20 [-0.45, 0.05], I2 = 0%, another base model's [-0.45, 0.05]"
    )
    assert describe_random_effects(None) == ""


def test_cell_effects_name_each_base_model():
    effects = [CellEffect("a", -0.5, -0.8, -0.2, 0.001), CellEffect("b", 0.1, -0.2, 0.4, 0.5)]
    assert describe_cell_effects(effects) == (
        "on single adapters (binomial mixed model of counts, log-odds for 1 SD of cosine) a -0.50 [-0.80, -0.20], "
        "b +0.10 [-0.20, 0.40]"
    )
