"""What the package offers to those who import it."""

from __future__ import annotations

import importlib.metadata
import importlib.resources

import pytest

import pytest_claims
import pytest_claims.rules  # loaded once, before inner runs that pytester cleans up after


def test_public_names_are_listed_and_there():
    assert set(pytest_claims.__all__) <= set(dir(pytest_claims))
    for name in pytest_claims.__all__:
        assert getattr(pytest_claims, name).__name__ == name
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        pytest_claims.nothing  # noqa: B018


@pytest.mark.parametrize("package", ["pytest_claims", "marker_coupling"])
def test_packages_are_marked_as_typed(package):
    assert (importlib.resources.files(package) / "py.typed").is_file()


def test_the_plugin_is_found_by_its_entry_point():
    (found,) = [e for e in importlib.metadata.entry_points(group="pytest11") if e.name == "claims"]
    assert found.value == "pytest_claims.plugin"
