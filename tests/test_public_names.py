"""Public names of each package: listed once, in ``__all__``, ``dir()``, ``help()`` and the pages of the API."""

from __future__ import annotations

import importlib
import inspect
import pydoc
import subprocess
import sys

import pytest

PACKAGES = (
    "guarded_files",
    "manylora",
    "marker_coupling.analysis",
    "marker_coupling.figures",
    "pytest_claims",
    "pytest_claims.rules",
    "pytest_claims.statistics",
)
PACKAGE = pytest.mark.parametrize("package", PACKAGES, indirect=True)


@pytest.fixture
def package(request):
    return importlib.import_module(request.param)


@PACKAGE
def test_they_are_there_and_dir_lists_them(package):
    assert len(package.__all__) == len(set(package.__all__)) >= 10
    assert set(package.__all__) <= set(dir(package))
    for name in package.__all__:
        assert getattr(package, name).__name__ == name


@PACKAGE
def test_they_are_all_that_a_star_import_brings(package):
    names = {}
    exec(f"from {package.__name__} import *", names)
    assert set(names) - {"__builtins__"} == set(package.__all__)


@PACKAGE
def test_help_shows_each_with_its_docstring(package):
    text = pydoc.plain(pydoc.render_doc(package))
    for name in package.__all__:
        summary = inspect.getdoc(getattr(package, name)).splitlines()[0]
        assert f" {name}(" in text or f"class {name}\n" in text, name
        assert summary in text, name


@PACKAGE
def test_none_of_them_is_a_module_or_private(package):
    assert not [name for name in package.__all__ if name.startswith("_")]
    assert not [name for name in package.__all__ if inspect.ismodule(getattr(package, name))]


@pytest.mark.parametrize("name", ["pytest_claims", "manylora"])
def test_before_any_is_used_dir_lists_them_and_nothing_else(name):
    code = (
        f"import {name}, sys; assert dir({name}) == sorted({name}.__all__); "
        "assert not {'numpy', 'scipy', 'torch'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@PACKAGE
def test_none_but_rules_are_public_in_two_packages(package):
    others = [importlib.import_module(name) for name in PACKAGES if name != package.__name__]
    shared = {other.__name__: set(other.__all__) & set(package.__all__) for other in others}
    rules = {"pytest_claims", "pytest_claims.rules"}
    assert {name for name, names in shared.items() if names} <= rules - {package.__name__}
