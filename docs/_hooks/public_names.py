"""Lists of public names in pages of the API: the packages' own ``__all__``, each name with its docstring."""

from __future__ import annotations

import importlib
import importlib.util
import re

_LIST = re.compile(r"^<!-- names of ([\w.]+) -->$", flags=re.MULTILINE)


def on_page_markdown(markdown: str, **_: object) -> str:
    """Replace ``<!-- names of PACKAGE -->`` by the documentation of every public name of that package."""
    return _LIST.sub(lambda match: "\n\n".join(_documented(match[1])), markdown)


def _documented(package: str) -> list[str]:
    return [f"::: {_address(package, name)}" for name in importlib.import_module(package).__all__]


def _address(package: str, name: str) -> str:
    """Return where a name is found without running code: in a module of the same name, that comes first."""
    path = f"{package}.{name}"
    return f"{path}.{name}" if importlib.util.find_spec(path) else path
