"""The analysis in worlds where the truth is known: a small version of the table on record."""

import json

import numpy as np
import pytest
from scipy import stats

from marker_coupling.analysis.data.categories import categories_of
from marker_coupling.analysis.data.variables import study_variables
from marker_coupling.analysis.decisions.hypotheses import HYPOTHESES
from marker_coupling.analysis.simulation.__main__ import main, plan_cells
from marker_coupling.analysis.simulation.draws import MEASURES, draw_study
from marker_coupling.analysis.simulation.error_rates import count_errors, naive_p
from marker_coupling.analysis.simulation.table import Table
from marker_coupling.analysis.simulation.worlds import WORLDS, Design, true_hypotheses


def at_most(found, total, rate):
    """Whether a count is compatible with a true rate of at most ``rate``, at one in ten thousand."""
    return stats.binom.sf(found - 1, total, rate) > 1e-4


@pytest.mark.parametrize("world", ["negatives", "families"])
def test_false_support_is_rare_where_a_naive_analysis_errs(world):
    repeats = 80
    counts = count_errors(WORLDS[world], Design(personas=96), range(repeats), seed=1)
    assert counts["repeats"] == repeats
    assert at_most(counts["supported"], repeats, 0.025)
    assert at_most(counts["false support"], repeats, 0.025)
    if world == "negatives":
        assert counts["covariates as exact"] > counts["student"]
    # Pearson's r without covariates and categories, of one base model: the test sees the excess that it guards against.
    drawn = 400
    naive = sum(
        naive_p(draw_study(WORLDS[world], Design(personas=96, base_models=1), np.random.default_rng([7, k])))
        <= 0.025
        for k in range(drawn)
    )
    assert not at_most(naive, drawn, 0.025)


def test_false_support_is_rare_with_the_area_as_outcome():
    repeats = 80
    counts = count_errors(WORLDS["area"], Design(personas=96), range(repeats), seed=1)
    assert counts["uninformative"] == 0
    assert at_most(counts["supported"], repeats, 0.025)
    assert at_most(counts["false support"], repeats, 0.025)


@pytest.mark.parametrize("world", ["plain", "area"])
def test_power_and_no_false_refutation_where_the_headline_is_true(world):
    repeats = 40
    counts = count_errors(WORLDS[world], Design(personas=96, true_r=-0.5), range(repeats), seed=1)
    assert counts["supported"] >= 0.9 * repeats
    assert at_most(counts["false too small"], repeats, 0.025)
    assert at_most(repeats - counts["uninformative"] - counts["covered"], repeats, 0.01)


def test_counts_do_not_depend_on_what_else_is_run():
    design = Design(personas=48)
    whole = count_errors(WORLDS["plain"], design, range(4), seed=3)
    parts = count_errors(WORLDS["plain"], design, range(2), seed=3) + count_errors(
        WORLDS["plain"], design, range(2, 4), seed=3
    )
    assert whole == parts
    assert whole["repeats"] == 4


def test_the_area_is_as_repeatable_as_its_design_says():
    study = draw_study(WORLDS["area"], Design(4000, intraclass=0.6, base_models=1), np.random.default_rng(0))
    area = study.base_models[0].gating_area
    assert np.corrcoef(area, rowvar=False)[np.triu_indices(5, 1)] == pytest.approx(0.6, abs=0.04)


def test_a_drawn_study_is_as_its_world_says():
    study = draw_study(WORLDS["clusters"], Design(personas=4000, base_models=2), np.random.default_rng(0))
    named = [study_variables(model) for model in study.base_models]
    cosine = named[0]["cosine"].values
    # Reliability .8 of cosine and of the other measure, whose errors are independent.
    assert np.corrcoef(cosine, named[0]["panel_cosine"].values)[0, 1] == pytest.approx(
        0.8 * MEASURES[0, 1], abs=0.03
    )
    assert np.corrcoef(cosine, named[1]["cosine"].values)[0, 1] == pytest.approx(0.8 * 0.6, abs=0.04)
    between = np.var(categories_of(study.categories, 4000).sums(cosine) / 2)
    assert between == pytest.approx(0.8 * (0.7 + 0.3 / 2) + 0.2 / 2, abs=0.04)
    error = np.mean(named[0]["cosine"].deviations ** 2 @ named[0]["cosine"].weights)
    assert error == pytest.approx(0.2, abs=0.02)


def test_what_is_true_of_each_world():
    ids = {hypothesis.id for hypothesis in HYPOTHESES}
    assert true_hypotheses(WORLDS["plain"], Design()) == frozenset()
    assert true_hypotheses(WORLDS["words"], Design(true_r=-0.3)) < ids
    rival = true_hypotheses(WORLDS["distinctness"], Design())
    assert "cosine" in rival
    assert "cosine-given-panel" not in rival
    assert "panel-given-cosine" in rival


def test_a_killed_run_resumes_and_gives_the_same_table(tmp_path, capsys):
    arguments = ["--worlds", "plain", "--repeats", "4", "--seed", "2", "--output"]
    for cell in plan_cells(["plain"], 2)[:2]:
        Table.open(tmp_path / "killed", 2).complete(cell)
    for folder, jobs in (("whole", "1"), ("killed", "2")):
        assert main([*arguments, str(tmp_path / folder), "--jobs", jobs]) == 0
    tables = [
        json.loads((tmp_path / folder / "error_rates.json").read_text()) for folder in ("whole", "killed")
    ]
    assert tables[0] == tables[1]
    text = (tmp_path / "whole" / "error_rates.md").read_text()
    assert text == (tmp_path / "killed" / "error_rates.md").read_text()
    assert "| plain | 48 | 5 | 0 | 0.5 | 4 |" in text
    assert "4 repeats" in capsys.readouterr().out
    assert (
        main(["--worlds", "plain", "--repeats", "4", "--seed", "3", "--output", str(tmp_path / "whole")]) == 1
    )
    assert "expected counts of seed 3, got seed 2" in capsys.readouterr().err
    (tmp_path / "whole" / "error_rates.json").write_text("{}")
    assert main([*arguments, str(tmp_path / "whole")]) == 1
    assert "expected a table of error rates" in capsys.readouterr().err
