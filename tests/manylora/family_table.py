"""The tables of docs/base-models.md: which architectures are supported, with figures, and which are refused."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from dataclasses import astuple, dataclass
from pathlib import Path

from manylora.errors import BaseModelError
from manylora.self_check import check_model

from .families import tiny_family
from .family_figures import adaptable, pass_figures, training_figures
from .tiny_models import ALL_PROJECTIONS

DOCUMENT = Path(__file__).parents[2] / "docs" / "base-models.md"
_RECIPES = "those of the recipes"
_REMEMBERED = {
    "DynamicLayer": "all",
    "DynamicSlidingWindowLayer": "window",
    "DynamicIndexedLayer": "all, indexed",
    "LinearAttentionLayer": "state",
    "LinearAttentionAndFullAttentionLayer": "state and all",
    "LinearAttentionAndSlidingWindowAttentionLayer": "state and window",
    "DummyLayer": "nothing",
}
#: Whose attention knows distances instead of positions.
_BY_DISTANCE = frozenset({"bloom", "mpt"})
_HEAD = """\
| architecture | blocks remember | has | projections | states | answers whole | token by token | losses | weights |
|---|---|---|---|---|---|---|---|---|
"""


@dataclass(frozen=True)
class Row:
    """A supported architecture.

    Parameters
    ----------
    remembers, has : what is peculiar to it
    projections : that adapters are trained for
    figures : as in `PassFigures` and `TrainingFigures`, rounded up to powers of ten; fewer without projections
    """

    family: str
    remembers: str
    has: str
    projections: tuple[str, ...]
    figures: tuple[float, ...]

    def __str__(self) -> str:
        names = _RECIPES if self.projections == ALL_PROJECTIONS else ", ".join(self.projections) or "none"
        figures = [f"{figure:.0e}" for figure in self.figures] + ["-"] * (5 - len(self.figures))
        return f"| {' | '.join([self.family, self.remembers, self.has, names, *figures])} |"


def row_of(family: str) -> Row:
    """Measure an architecture; raises BaseModelError where it is refused."""
    loaded = tiny_family(family)
    check_model(loaded)
    projections = adaptable(loaded)
    figures = astuple(pass_figures(loaded))
    if projections:
        figures += astuple(training_figures(loaded, projections))
    return Row(family, *peculiarities(loaded), projections, tuple(map(rounded_up, figures)))


def rounded_up(figure: float) -> float:
    """Return the next power of ten; rounding may make any figure 0, which says nothing of the next machine."""
    return 10.0 ** math.ceil(math.log10(max(figure, 1e-9)))


def peculiarities(loaded) -> tuple[str, str]:
    layers = [_REMEMBERED[type(layer).__name__] for layer in loaded.new_cache().layers]
    model = loaded.model
    has = []
    if any(re.search("expert|moe", type(one).__name__, re.IGNORECASE) for one in model.modules()):
        has.append("experts")
    if loaded.base.name in _BY_DISTANCE:
        has.append("ALiBi")
    if model.get_output_embeddings().weight is model.get_input_embeddings().weight:
        has.append("tied embeddings")
    if any("vision" in name for name, _ in model.named_modules()):
        has.append("vision tower")
    return "; ".join(dict.fromkeys(layers)), ", ".join(has)


def refusal(family: str) -> str | None:
    """Return what an architecture was expected to be, without numbers; None where it is supported."""
    try:
        check_model(tiny_family(family))
    except BaseModelError as error:
        expected = str(error).removeprefix(f"{family}: expected ")
        return re.split(": |; they differ", expected)[0]
    return None


def tables(families) -> tuple[str, str]:
    """Measure architectures and return the tables of those that are supported and of those that are refused."""
    rows, refused = [], defaultdict(list)
    for family in families:
        reason = refusal(family)
        if reason is None:
            rows.append(str(row_of(family)))
        else:
            refused[reason].append(family)
    lines = [f"| {reason} | {', '.join(names)} |" for reason, names in sorted(refused.items())]
    return _HEAD + "\n".join(rows), "| expected | architectures |\n|---|---|\n" + "\n".join(lines)


def read_tables() -> tuple[dict[str, Row], dict[str, str]]:
    """Return the rows of the document, by architecture, and why the others are refused."""
    supported, refused = {}, {}
    for line in DOCUMENT.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 9 and cells[4][:1].isdigit():
            names = (
                ALL_PROJECTIONS if cells[3] == _RECIPES else tuple(cells[3].replace("none", "").split(", "))
            )
            figures = tuple(float(cell) for cell in cells[4:] if cell != "-")
            supported[cells[0]] = Row(cells[0], cells[1], cells[2], tuple(filter(None, names)), figures)
        elif len(cells) == 2 and cells[0].startswith("a decoder"):
            refused |= dict.fromkeys(cells[1].split(", "), cells[0])
    return supported, refused
