"""A persona has one mark and one colour in all figures of the ten-persona study, whatever evidence they are of."""

from __future__ import annotations

import contextlib
import importlib
from pathlib import Path

import pytest
from matplotlib.figure import Figure

from marker_claims.sources.tables import experiments_on_record, published_evidence
from marker_coupling.evidence.files import read_evidence_file

CLAIMS = sorted(path.stem for path in (Path(__file__).parents[1] / "claims").glob("test_*.py"))


class Drawn(list):
    """Figures that claims draw; nothing is decided."""

    def decide(self, estimate):
        pass

    def uninformative(self, reason):
        pytest.skip(reason)

    def figure(self, draw, *arguments, name="", **options):
        self.append(draw(*arguments, **options))


def figures_of(evidence, published) -> list[Figure]:
    """Return all figures that claims draw of evidence."""
    drawn = Drawn()
    for name in CLAIMS:
        module = importlib.import_module(f"..claims.{name}", __package__)
        for test in vars(module).values():
            claims = [mark.args[0] for mark in getattr(test, "pytestmark", ()) if mark.name == "claim"]
            if not claims or not claims[0].needs <= evidence.measures:
                continue
            asked = test.__code__.co_varnames[: test.__code__.co_argcount]
            given = {"published": published, "verdict": drawn, "evidence": evidence}
            with contextlib.suppress(pytest.skip.Exception):
                test(**{name: given[name] for name in asked})
    return list(drawn)


def marks_in(figure):
    """Yield persona, shape and colour of each mark in a figure."""
    for line in figure.findobj(lambda artist: artist.get_gid() is not None):
        yield line.get_gid().removesuffix(" (own prompt)"), (line.get_marker(), line.get_markerfacecolor())


def test_a_persona_has_the_same_mark_in_every_figure(pytestconfig):
    published = published_evidence(pytestconfig)
    experiment = read_evidence_file(experiments_on_record(pytestconfig)[0])
    marks: dict[str, set] = {}
    with_marks = 0
    for evidence in (published, experiment):
        for figure in figures_of(evidence, published):
            found = list(marks_in(figure))
            with_marks += bool(found)
            for persona, mark in found:
                marks.setdefault(persona.casefold(), set()).add(mark)
    assert with_marks >= 12
    assert marks.keys() == {
        published.label(persona).casefold() for persona in (*published.personas, "assistant")
    }
    assert {persona: len(found) for persona, found in marks.items()} == dict.fromkeys(marks, 1)
    assert len({mark for (mark,) in marks.values()}) == len(marks)
