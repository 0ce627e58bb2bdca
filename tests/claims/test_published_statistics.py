"""Do the printed statistics follow from the printed table, both being rounded?"""

from marker_coupling.figures import Guide, IntervalRow, interval_rows
from pytest_claims import WithinRounding, claim
from pytest_claims.statistics import attainable_correlations, printed_against_attainable

from .test_coupling import READER

NEEDS = ("cosine_to_assistant", "js_to_assistant", "source_rate", "published_statistics")
NAMES = {"cosine_to_assistant": "cosine", "js_to_assistant": "JS", "source_rate": "source rate"}


def checked(evidence, x, y, number):
    """Put one printed number beside what the table's rounding allows."""
    (printed,) = [s for s in evidence.published_statistics if (s.x, s.y) == (x, y)]
    reach = attainable_correlations(
        getattr(evidence, x),
        getattr(evidence, y),
        evidence.rounding.get(x, 0.0),
        evidence.rounding.get(y, 0.0),
    )
    inner, outer = (reach.r_inner, reach.r_outer) if number == "r" else (reach.p_inner, reach.p_outer)
    value, half_width = getattr(printed, number), getattr(printed, f"{number}_half_width")
    name = f"{number} of {NAMES[x]} and {NAMES[y]}"
    return printed_against_attainable(name, value, half_width, inner, outer, reach.n)


def all_printed(evidence):
    """Draw what the table's rounding allows for every printed number, in units of its last digit."""
    rows = []
    for statistic in evidence.published_statistics:
        for number in ("r", "p"):
            found = checked(evidence, statistic.x, statistic.y, number)
            half = (found.printed_high - found.printed_low) / 2
            low, high = ((end - found.value) / half for end in found.inner)
            label = f"{number} of {NAMES[statistic.x]} and {NAMES[statistic.y]}"
            remark = f"printed {found.value:g}, attained {found.inner[0]:.4f} to {found.inner[1]:.4f}"
            rows.append(IntervalRow(label, (low + high) / 2, low, high, remark, filled=number == "r"))
    figure = interval_rows(
        rows, "attained less printed, in half units of the last printed digit",
        f"what the table's rounding allows, N = {found.n}",
        [Guide("printed like this", 0.0, 1.0)], meaning=("correlation", "p-value"),
    )  # fmt: skip
    figure.axes[0].set_xscale("symlog", linthresh=1)
    return figure


@claim(
    "printed-r-of-cosine-follows-from-table",
    "The printed correlation of cosine and source rate follows from the printed table.",
    needs=NEEDS, rule=WithinRounding(), source=READER,
    kind="arithmetic",
)  # fmt: skip
def test_printed_r_of_cosine(evidence, verdict):
    verdict.decide(checked(evidence, "cosine_to_assistant", "source_rate", "r"))
    verdict.figure(all_printed, evidence)


@claim(
    "printed-p-of-cosine-follows-from-table",
    "The printed p-value of cosine and source rate follows from the printed table.",
    needs=NEEDS, rule=WithinRounding(), source=READER,
    kind="arithmetic",
)  # fmt: skip
def test_printed_p_of_cosine(evidence, verdict):
    verdict.decide(checked(evidence, "cosine_to_assistant", "source_rate", "p"))


@claim(
    "printed-r-of-js-follows-from-table",
    "The printed correlation of JS and source rate follows from the printed table.",
    needs=NEEDS, rule=WithinRounding(), source=READER,
    kind="arithmetic",
)  # fmt: skip
def test_printed_r_of_js(evidence, verdict):
    verdict.decide(checked(evidence, "js_to_assistant", "source_rate", "r"))


@claim(
    "printed-p-of-js-follows-from-table",
    "The printed p-value of JS and source rate follows from the printed table.",
    needs=NEEDS, rule=WithinRounding(), source=READER,
    kind="arithmetic",
)  # fmt: skip
def test_printed_p_of_js(evidence, verdict):
    verdict.decide(checked(evidence, "js_to_assistant", "source_rate", "p"))


@claim(
    "printed-r-of-cosine-and-js-follows-from-table",
    "The printed correlation of cosine and JS follows from the printed table.",
    needs=NEEDS, rule=WithinRounding(), source=READER,
    kind="arithmetic",
)  # fmt: skip
def test_printed_r_of_cosine_and_js(evidence, verdict):
    verdict.decide(checked(evidence, "cosine_to_assistant", "js_to_assistant", "r"))


@claim(
    "printed-p-of-cosine-and-js-follows-from-table",
    "The printed p-value of cosine and JS follows from the printed table.",
    needs=NEEDS, rule=WithinRounding(), source=READER,
    kind="arithmetic",
)  # fmt: skip
def test_printed_p_of_cosine_and_js(evidence, verdict):
    verdict.decide(checked(evidence, "cosine_to_assistant", "js_to_assistant", "p"))
