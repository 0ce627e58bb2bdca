"""Forest plots of headline claims: a line for each body of evidence, on one effect axis."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pytest_claims.core.regions import Region
from pytest_claims.core.roles import POOLED
from pytest_claims.ledger.ledger import Entry, Ledger
from pytest_claims.ledger.summary import Headline, heterogeneity_of
from pytest_claims.rendering.interval_scale import Scale, band_of, scale_of
from pytest_claims.rendering.links import anchor_key
from pytest_claims.rendering.wording import evidence_label, percent_text, weights_text

#: A plot has so many lines; judgements after them are in the matrix.
MOST_LINES = 24
_LONGEST_LABEL = 44
#: Characters of a line in the type of narrow screens, and of a pooled one, which is bold.
_CHARACTERS, _POOLED_CHARACTERS = 64, 58
_POOLED = " (pooled)"
#: Of the drawing, in its own units, which are pixels where it is not scaled.
WIDTH, _LEFT, _RIGHT, _TOP, _LINE, _AXIS = 480, 8, 8, 20, 32, 36
#: Sides of squares: without weights, and with the largest weight; a smaller one than the last is not seen.
_SIDE, _LARGEST_SIDE, _SMALLEST_SIDE = 8.0, 12.0, 2.0


@dataclass(frozen=True)
class ForestLine:
    """A judgement's line.

    Parameters
    ----------
    label : of the evidence, as much as there is room for beside the numbers; ``name`` is the whole one
    numbers_text : estimate, interval, and N where lines differ in it; the verdict where there is no estimate
    y : of the label's baseline
    x, ends : of estimate and interval; ``None`` where there are none on this axis
    is_pooled, is_member : in a group of evidence
    weight : in the pooled estimate, in print; empty where none is told
    side : of the estimate's square, whose area is in proportion to its weight
    """

    entry: Entry
    key: str
    name: str
    label: str
    origin: str
    numbers: tuple[str, str, str, str]
    numbers_text: str
    y: float
    x: float | None
    ends: tuple[float, float] | None
    is_pooled: bool
    is_member: bool
    weight: str = ""
    side: float = _SIDE


@dataclass(frozen=True)
class Band:
    """A region of the rule, as far as it is on the axis."""

    region: Region
    x: float
    width: float


@dataclass(frozen=True)
class Forest:
    """A forest plot, ready to be drawn.

    Parameters
    ----------
    axis : name of the effect, with the level of the intervals, and N where it is the same in all lines
    ticks : text and position of each
    bands : regions of the rule
    further : number of judgements that have no line
    weights : in the pooled estimate, in words; empty where none are told
    """

    title: str
    axis: str
    scale: Scale
    lines: tuple[ForestLine, ...]
    ticks: tuple[tuple[str, float, bool], ...]
    bands: tuple[Band, ...]
    kinds: tuple[str, ...]
    rule: str
    heterogeneity: str
    further: int
    weights: str = ""

    @property
    def base(self) -> float:
        """The height of the axis."""
        return _TOP + _LINE * len(self.lines)

    @property
    def height(self) -> float:
        """The height of the drawing."""
        return self.base + _AXIS

    @property
    def left(self) -> float:
        """The left end of the axis."""
        return _LEFT

    @property
    def right(self) -> float:
        """The right end of the axis."""
        return WIDTH - _RIGHT

    @property
    def described(self) -> str:
        """The drawing in words."""
        said = "; ".join(
            f"{line.name}: {line.entry.verdict} {line.entry.printed_estimate}".strip()
            + (f", weight {line.weight}" if line.weight else "")
            for line in self.lines
        )
        return f"{self.axis}. {said}."


def forest_of(ledger: Ledger, headline: Headline) -> Forest | None:
    """Return the plot of a headline claim; ``None`` where nothing of it can be drawn.

    The axis is that of the first estimate; judgements with another statistic have a line without a drawing.
    """
    entries = [part for entry, members in headline.judged for part in (entry, *members)]
    first = next((entry for entry in entries if entry.estimate is not None), None)
    if first is None:
        return None
    shown = entries[:MOST_LINES]
    drawn = [entry for entry in shown if _effect(entry) == _effect(first)]
    scale = scale_of(drawn or [first])
    if scale is None:
        return None
    weights = {key: share for entry in entries for key, share in _weights(entry)}
    largest = max(weights.values(), default=0.0)
    sizes = {entry.printed_numbers[3] for entry in shown}
    size = sizes.pop() if len(sizes) == 1 and len(shown) > 1 else ""
    lines = tuple(
        _weighted(_line(ledger, entry, index, scale, entry in drawn, not size), weights, largest)
        for index, entry in enumerate(shown)
    )
    regions = next((entry.regions for entry in drawn if entry.regions), ())
    bands = tuple(band for region in regions if (band := _band(region, scale)) is not None)
    levels = {entry.interval_name for entry in drawn if entry.interval}
    level = f", with {levels.pop()}s" if len(levels) == 1 else ", with intervals" if levels else ""
    heterogeneity = next((text for entry, _ in headline.judged if (text := heterogeneity_of(entry))), "")
    return Forest(
        title=headline.statement,
        axis=f"{_effect(first) or 'estimate'}{level}" + (f"; N = {size} each" if size else ""),
        scale=scale,
        lines=lines,
        ticks=tuple((f"{tick:g}", _x(scale, tick), tick == 0) for tick in scale.ticks),
        bands=bands,
        kinds=tuple(dict.fromkeys(band.region.kind for band in bands)),
        rule=first.rule,
        heterogeneity=heterogeneity,
        further=len(entries) - len(shown),
        weights=next(filter(None, (weights_text(entry, ledger.labels) for entry in entries)), ""),
    )


def _effect(entry: Entry) -> str:
    """Return the name of an effect, without what its statistic says in brackets."""
    return entry.statistic.partition(" (")[0]


def _line(
    ledger: Ledger, entry: Entry, index: int, scale: Scale, is_drawn: bool, has_size: bool
) -> ForestLine:
    name, is_pooled = evidence_label(ledger.label_of(entry.evidence)), entry.role == POOLED
    estimate, interval, _, n = entry.printed_numbers
    numbers_text = f"{estimate} {interval}".strip() + (f", N {n}" if n and has_size else "")
    numbers_text = numbers_text if estimate else f"{numbers_text}{entry.verdict}"
    return ForestLine(
        entry=entry,
        key=anchor_key(entry),
        name=name,
        label=_label(name, is_pooled, len(numbers_text)),
        origin=ledger.origin_of(entry.evidence),
        numbers=entry.printed_numbers,
        numbers_text=numbers_text,
        y=_TOP + _LINE * index + 14,
        x=_x(scale, entry.estimate) if is_drawn and entry.estimate is not None else None,
        ends=_ends(scale, entry.interval) if is_drawn else None,
        is_pooled=is_pooled,
        is_member=bool(entry.pooled_in),
    )


def _label(name: str, is_pooled: bool, taken: int) -> str:
    """Return a name as far as it fits into a line of which so many characters are taken.

    What is left out is in the middle: names of runs often differ at their end alone.
    """
    room = min(_LONGEST_LABEL, (_POOLED_CHARACTERS if is_pooled else _CHARACTERS) - taken)
    if is_pooled and len(name) + len(_POOLED) <= room:
        return name + _POOLED
    if len(name) <= room:
        return name
    kept = max(room - 1, 8)
    return f"{name[: kept - kept // 3]}…{name[-(kept // 3) :]}"


def _weights(entry: Entry) -> list[tuple[tuple[str, str], float]]:
    """Return the weights that a pooled judgement tells, by claim and evidence of each member."""
    return [((entry.variant, part), share) for part, share in entry.weights]


def _weighted(line: ForestLine, weights: Mapping[tuple[str, str], float], largest: float) -> ForestLine:
    """Return a member's line with its weight; one that the pooled estimate leaves out has none of it."""
    if not (line.is_member and largest > 0):
        return line
    share = weights.get((line.entry.variant, line.entry.evidence), 0.0)
    side = _LARGEST_SIDE * math.sqrt(share / largest)
    return dataclasses.replace(line, weight=percent_text(share), side=max(side, _SMALLEST_SIDE))


def _ends(scale: Scale, interval: tuple[float, float] | None) -> tuple[float, float] | None:
    return None if interval is None else (_x(scale, interval[0]), _x(scale, interval[1]))


def _x(scale: Scale, value: float) -> float:
    return _LEFT + (WIDTH - _LEFT - _RIGHT) * scale.share(value)


def _band(region: Region, scale: Scale) -> Band | None:
    ends = band_of(region, scale)
    return None if ends is None else Band(region, _x(scale, ends[0]), _x(scale, ends[1]) - _x(scale, ends[0]))


def forests_of(ledger: Ledger, headlines: Sequence[Headline]) -> list[Forest | None]:
    """Return a plot for each headline claim, ``None`` for one that has none."""
    return [forest_of(ledger, headline) for headline in headlines]
