"""Paths as messages name them."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from pytest_claims.running.run import path_text


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("/project/reports/latest", "reports/latest"),
        ("/project", "."),
        ("/project-two/reports", "/project-two/reports"),
        ("/elsewhere/x", "/elsewhere/x"),
        ("reports", "reports"),
    ],
)
def test_a_path_below_the_root_is_relative_to_it(path, text):
    assert path_text(SimpleNamespace(rootpath=Path("/project")), Path(path)) == text
