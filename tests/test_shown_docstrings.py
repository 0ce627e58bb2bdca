"""Docstrings in the pages of the API, as the hook rewrites them before they are parsed."""

from __future__ import annotations

import griffe
import pytest

from .documents import ROOT

CODE = '''
class Dose:
    """An amount, see :class:`Dose` and :func:`elsewhere.weigh`.

    Parameters
    ----------
    low, high : in milligrams, of :math:`x^2`; at most
        what a patient bears
    name : as printed: in capitals

    Returns
    -------
    float, or ``None``
    """

    def __init__(self, low: float, high: int, name: str) -> None: ...
'''


@pytest.fixture
def docstring():
    extensions = griffe.load_extensions(str(ROOT / "docs/_hooks/docstrings.py"))
    with griffe.temporary_visited_module(CODE, module_name="made", extensions=extensions) as module:
        dose = module["Dose"]
        extensions.call("on_object", obj=dose, loader=None)
        return dose.docstring


def test_every_parameter_has_its_own_type_and_the_description_as_text(docstring):
    _, parameters, *_ = docstring.parse("numpy")
    assert [(parameter.name, str(parameter.annotation)) for parameter in parameters.value] == [
        ("low", "float"), ("high", "int"), ("name", "str"),
    ]  # fmt: skip
    low, high, name = (parameter.description for parameter in parameters.value)
    assert low == high == "in milligrams, of `x^2`; at most\nwhat a patient bears"
    assert name == "as printed: in capitals"


def test_names_of_objects_are_links_where_a_page_has_them(docstring):
    link = '<autoref optional identifier="{}"><code>{}</code></autoref>'
    summary = (
        f"An amount, see {link.format('made.Dose', 'Dose')} and {link.format('elsewhere.weigh', 'weigh')}."
    )
    assert docstring.value.splitlines()[0] == summary


def test_what_is_returned_holds_no_marks_of_code(docstring):
    assert docstring.value.rstrip().endswith("float, or None")
