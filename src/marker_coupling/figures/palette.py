"""Colours and marks of all figures: one meaning each.

Colours are of Okabe and Ito (2008), which are told apart with any colour vision, and greys; what they tell is
also told by shape, line style, position or words. A persona has a mark of its own, the same in every figure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

#: An estimate, its curve, and the region in which it would be as claimed.
ESTIMATE = "#0072B2"
#: A second estimate beside the first, such as another measure's curve.
SECOND = "#4D4D4D"
#: What the figure asks about among others: observed, joint, registered or chosen values, extremes that are
#: named, a persona's own prompt.
HIGHLIGHT = "#D55E00"
#: Intervals, guides, bands of fits, the region of effects too small to be of interest; what does not count.
CONTEXT = "#7F7F7F"
#: Axes, text, fitted and reference lines; as a mark, the assistant.
INK = "#1A1A1A"
#: Cases of a null distribution that are less extreme than what was observed.
BY_CHANCE = "#BBBBBB"
#: Parts of a variance; the persona's is the estimate, and what is unexplained does not count.
SEED, NEGATIVES, SAMPLING = "#DDDDDD", "#882255", "#DDCC77"


@dataclass(frozen=True)
class Mark:
    """A shape, as Matplotlib names it, and a colour."""

    shape: str
    colour: str


#: Of an estimate that is no persona's, and of personas in studies of too many for marks of their own.
PLAIN = Mark("o", ESTIMATE)
ASSISTANT_MARK = Mark("o", INK)
_COLOURS = ("#E69F00", "#56B4E9", "#009E73", "#CC79A7")
#: Every persona has a shape of its own, so that marks are told apart in grey; turned shapes differ in colour.
_SHAPES = ("s", "^", "D", "v", "<", "*", ">", "P", "X", "p", "h", "d")
_MARKS = tuple(Mark(shape, _COLOURS[index % len(_COLOURS)]) for index, shape in enumerate(_SHAPES))
MOST_MARKS = len(_MARKS)


def persona_marks(personas: Sequence[str], study: Sequence[str] = ()) -> Mapping[str, Mark]:
    """Return the mark of every persona, by its place in the study and not by who else is in a figure.

    Parameters
    ----------
    personas : of a body of evidence, in its order
    study : personas of the study, in its order; they have the first marks, whatever the evidence holds. Other
        personas have those that are left, if these suffice for all of them

    Returns
    -------
    mapping
        Of the study's personas and the others. Those of a study of more than :data:`MOST_MARKS` personas, and
        others for whom no marks are left, have the plain one.
    """
    others = [persona for persona in personas if persona not in study]
    marks: dict[str, Mark] = {}
    for group, left in ((study, _MARKS), (others, _MARKS[len(study) :])):
        marks |= zip(group, left, strict=False) if len(group) <= len(left) else dict.fromkeys(group, PLAIN)
    return marks
