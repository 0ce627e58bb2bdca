"""Figures hold what they must, nothing overlaps, and the same numbers make the same bytes."""

import io
import itertools

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.lines import AxLine
from matplotlib.text import Annotation, Text

from marker_coupling.figures import (
    Guide,
    IntervalRow,
    LayerBand,
    LayerCurve,
    Panel,
    interval_rows,
    matrix_figure,
    null_distribution,
    over_layers,
    scatter_panels,
)
from marker_coupling.figures.palette import PLAIN, persona_marks
from marker_coupling.figures.style import add_heading
from pytest_claims.statistics import pearson

from ...property_examples import examples

NAMES = (
    "software engineer",
    "kindergarten teacher",
    "librarian",
    "French person",
    "Zelthari scholar",
    "villain",
)


def panel(seed=0, n=6, **changes):
    x, y = np.random.default_rng(seed).normal(size=(2, n))
    names = [f"{NAMES[index % 6]} {index}" for index in range(n)]
    return Panel(
        x, y, names, "x (units)", "y (units)", pearson(x, y), y_low=y - 0.3, y_high=y + 0.3, **changes
    )


def texts(figure):
    return [text.get_text() for text in figure.findobj(Text)]


def boxes(figure):
    """Where every name stands, in pixels."""
    FigureCanvasAgg(figure).draw()
    renderer = figure.canvas.get_renderer()
    return [
        Text.get_window_extent(label, renderer)
        for label in figure.findobj(Annotation)
        if label.get_text() and label.axes is not None
    ]


@examples(20)
@given(st.integers(0, 1000), st.integers(5, 14))
@example(5, 14)  # in these, who comes first takes the only place of another
@example(206, 14)
@example(782, 14)
def test_names_at_points_do_not_cover_each_other(seed, n):
    found = boxes(scatter_panels([panel(seed, n)]))
    assert len(found) == n
    for first, second in itertools.combinations(found, 2):
        assert not first.overlaps(second)


def test_a_panel_prints_r_interval_p_n_and_names():
    one = panel(n=6)
    found = texts(scatter_panels([one]))
    expected = one.estimate
    assert (
        f"r = {expected.value:.2f} [{expected.ci_low:.2f}, {expected.ci_high:.2f}], p = {expected.p_value:.3f}, N = 6"
        in found
    )
    assert {"x (units)", "y (units)", "software engineer 0", "Zelthari scholar 4"} <= set(found)


def curve(label="reliability"):
    return LayerCurve(label, [0.5, 0.9, 0.7], [0.4, 0.8, 0.6], [0.6, 0.95, 0.8])


BANDS = [LayerBand("composite of a", 2, 3, 0.8, 0.6, 0.9), LayerBand("composite of b", 2, 3, 0.1, -0.2, 0.4)]
FIGURES = {
    "scatter": lambda: scatter_panels([panel(1), panel(2, title="second")]),
    "rows": lambda: interval_rows(
        [IntervalRow("a", 0.3, 0.2, 0.4, "p = 0.03"), IntervalRow("b", 0.5, 0.2, 0.8, "p = 0.3", False)],
        "rate", "title", [Guide("line", 0.33), Guide("band", 0.33, 0.1)], meaning=("yes", "no"), percent=True,
    ),
    "null": lambda: null_distribution(np.array([0.2, 0.6, 0.2]), np.array([-1, -0.3, 0.3, 1.0]), -0.66, 0.04, 10, "all"),
    "matrix": lambda: matrix_figure(np.eye(3), NAMES[:3], NAMES[:3], "title", "unit", kind="diverging", framed=np.eye(3)),
    "layers": lambda: over_layers([1, 2, 3], [("a", "r", [curve()]), ("b", "r", [curve("x"), curve("y")])], composite=BANDS, reference=1, threshold=0.8),
}  # fmt: skip


@pytest.mark.parametrize("name", FIGURES)
def test_the_same_numbers_make_the_same_bytes(name):
    def drawn():
        buffer = io.BytesIO()
        FIGURES[name]().savefig(buffer, format="png")
        return buffer.getvalue()

    assert drawn() == drawn()


def test_rows_say_what_they_are():
    assert {"a", "b", "p = 0.03", "p = 0.3", "title", "rate"} <= set(texts(FIGURES["rows"]()))


def test_ratios_are_as_far_from_one_on_either_side():
    (axis,) = interval_rows(
        [IntervalRow("a", 0.5, 0.25, 2), IntervalRow("b", 2, 1, 4)], "odds ratio", "", ratio=True
    ).axes
    one, half, double = (axis.transData.transform((value, 0))[0] for value in (1, 0.5, 2))
    assert one - half == pytest.approx(double - one)
    assert axis.xaxis.get_major_formatter()(0.5, 0) == "0.5"


def test_a_matrix_has_its_number_in_every_cell():
    found = texts(matrix_figure(np.arange(6).reshape(2, 3), NAMES[:2], NAMES[:3], "t", "u", cells="{:.0f}"))
    assert {"0", "1", "2", "3", "4", "5"} <= set(found)


def test_layers_name_the_original_depth_and_the_composite_of_each_panel():
    drawn = FIGURES["layers"]()
    named = {"original's depth", "uninformative below 0.8", "composite of a", "composite of b"}
    assert named <= set(texts(drawn))
    for axis, band in zip(drawn.axes, BANDS, strict=True):
        (line,) = [line for line in axis.lines if line.get_label() == band.label]
        assert line.get_xydata().tolist() == [[1.5, band.value], [3.5, band.value]]


def test_agreement_is_shown_against_the_line_on_which_both_are_the_same():
    (axis,) = scatter_panels([panel(1, identity=True)]).axes
    (line,) = [line for line in axis.lines if isinstance(line, AxLine)]
    assert (line.get_xy1(), line.get_slope()) == ((0, 0), 1)
    assert not any(isinstance(line, AxLine) for line in scatter_panels([panel(1)]).axes[0].lines)


@pytest.mark.parametrize(
    "draw",
    [
        lambda: scatter_panels(
            [Panel([0, 1, 2, np.nan], [1, 2, 3, 4], "abcd", "x", "y", pearson([1, 2, 3, 5], [1, 3, 2, 4]))]
        ),
        lambda: interval_rows([IntervalRow("a", np.nan, 0, 1)], "x", "t"),
        lambda: matrix_figure([[np.inf]], ["a"], ["a"], "t", "u"),
        lambda: over_layers(
            [1, 2, 3],
            [("a", "r", [LayerCurve("x", [np.nan] * 3, [0] * 3, [1] * 3)])],
            composite=BANDS[:1],
            reference=1,
        ),
        lambda: over_layers(
            [1, 2, 3], [("a", "r", [curve()])], composite=[LayerBand("c", 2, 3, np.nan, 0, 1)], reference=1
        ),
    ],
)
def test_what_is_no_number_is_not_drawn(draw):
    with pytest.raises(ValueError, match="expected finite numbers to draw"):
        draw()


@pytest.mark.parametrize("name", FIGURES)
def test_a_heading_stands_above_all_and_moves_nothing_else(name):
    plain, headed = FIGURES[name](), FIGURES[name]()
    FigureCanvasAgg(plain).draw()
    add_heading(headed, "published study, $model$ " * 9)
    canvas = FigureCanvasAgg(headed)
    canvas.draw()
    renderer = canvas.get_renderer()
    (heading,) = headed.texts
    box = heading.get_window_extent(renderer)
    assert 0 <= box.x0 < box.x1 <= headed.bbox.x1
    assert box.y1 <= headed.bbox.y1
    assert heading.get_text().count("\n") <= 2
    for before, after in zip(plain.axes, headed.axes, strict=True):
        assert after.get_window_extent().bounds == pytest.approx(before.get_window_extent().bounds, abs=0.5)
        assert after.get_tightbbox(renderer).y1 <= box.y0 + 1


def test_long_titles_and_labels_are_wrapped_and_stay_in_the_figure():
    words = "a statement of many words that no figure of this width has room for on one line " * 2
    rows = [IntervalRow("a row", 0.5, 0.1, 0.9)]
    figure = interval_rows(rows, words.strip(), words.strip())
    add_heading(figure, "published study")
    FigureCanvasAgg(figure).draw()
    (axis,) = figure.axes
    box = axis.get_tightbbox()
    assert 0 <= box.x0 < box.x1 <= figure.bbox.x1
    assert (
        axis.get_title(loc="left").replace("\n", " ") == axis.get_xlabel().replace("\n", " ") == words.strip()
    )


def test_points_have_the_marks_of_their_personas():
    marks = list(persona_marks(NAMES).values())
    (axis,) = scatter_panels([panel(1, marks=marks)]).axes
    drawn = {line.get_gid(): (line.get_marker(), line.get_color()) for line in axis.lines if line.get_gid()}
    assert drawn == {
        f"{name} {index}": (mark.shape, mark.colour)
        for index, (name, mark) in enumerate(zip(NAMES, marks, strict=True))
    }
    (axis,) = interval_rows(
        [IntervalRow(NAMES[0], 0.3, 0.2, 0.4, mark=marks[0]), IntervalRow("all", 0.3, 0.2, 0.4)], "x", ""
    ).axes
    drawn = {
        line.get_gid(): (line.get_marker(), line.get_color())
        for line in axis.lines
        if line.get_marker() != "None"
    }
    assert drawn == {NAMES[0]: (marks[0].shape, marks[0].colour), None: (PLAIN.shape, PLAIN.colour)}
