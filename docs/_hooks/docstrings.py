"""Docstrings as this project writes them, for the pages of the API.

Parameters are described where numpydoc has their types, which the signature shows already; names of other
objects are in roles of Sphinx, which Markdown lacks.
"""

from __future__ import annotations

import re

import griffe

_ROLE = re.compile(r":[a-z]+:`~?\.?([\w.]+)`")
_PARAMETERS = re.compile(
    r"^(Parameters|Attributes)\n-+\n(.*?)(?=^\w[^\n]*\n---+\n|\Z)", flags=re.MULTILINE | re.DOTALL
)
_RETURNS = re.compile(r"^(?:Returns|Yields)\n-+\n(?:.+\n?)+", flags=re.MULTILINE)
_MATH = re.compile(r":math:(?=`)")
_DESCRIBED = re.compile(r"^([\w*][\w, *]*?) : (.+(?:\n[ \t].*)*)$", flags=re.MULTILINE)


class Docstrings(griffe.Extension):
    """Moves descriptions of parameters to where they are shown as text, and links names of objects."""

    def on_object(self, *, obj: griffe.Object, **_: object) -> None:
        """Rewrite the docstring of an object that has one."""
        if obj.docstring is not None:
            text = _PARAMETERS.sub(_with_descriptions, obj.docstring.value)
            # What is returned is shown as code already, and formulas are shown as TeX.
            text = _MATH.sub("", _RETURNS.sub(lambda section: section[0].replace("``", ""), text))
            obj.docstring.value = _ROLE.sub(lambda role: _link(obj, role[1]), text)


def _with_descriptions(section: re.Match[str]) -> str:
    # Several names of one description have types of their own.
    described = _DESCRIBED.sub(
        lambda entry: "\n".join(f"{name}\n    {entry[2]}" for name in entry[1].split(", ")), section[2]
    )
    return f"{section[1]}\n{'-' * len(section[1])}\n{described}"


def _link(obj: griffe.Object, name: str) -> str:
    """Return a link to an object, which is plain code where no page has it."""
    try:
        target = obj.resolve(name)
    except griffe.NameResolutionError:
        target = name
    shown = name.rpartition(".")[2] if "." in name else name
    return f'<autoref optional identifier="{target}"><code>{shown}</code></autoref>'
