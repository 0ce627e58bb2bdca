import numpy as np
import pytest

from marker_coupling.analysis.data.categories import categories_of
from marker_coupling.analysis.exploratory.crossed_cells import crossed_correlation
from marker_coupling.analysis.exploratory.leak_between_personas import leak_cells, pair_names

from ...simulated_answers import couplings


@pytest.mark.parametrize(("leak", "found"), [(0.5, True), (0.0, False)])
def test_a_leak_that_follows_the_cosine_is_told_from_one_that_follows_another_likeness(leak, found):
    bodies = couplings("x", leak=leak)
    result = crossed_correlation(
        [leak_cells(body) for body in bodies], categories_of(bodies[0].categories, 96), draws=199
    )
    assert (result.low > 0) == found
    assert (result.p < 0.05) == found


def test_cells_are_named_by_source_and_bystander():
    body = couplings("x", personas=16)[0]
    cells = leak_cells(body)
    names = np.array(pair_names(body, cells)).reshape(cells.prompt.shape)
    seed, source, place = 1, 3, 2
    bystander = body.personas[body.bystanders[source, seed, place]]
    assert names[seed, source, place] == f"{body.personas[source]} → {bystander}"
