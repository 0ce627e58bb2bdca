"""Profiles of hypothesis: the same examples in every run by default, and a long random search when asked for.

One Chromium for all tests of a process, as Playwright runs once in each.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from .chromium import chromium

__all__ = ["chromium"]

CLAIMS = Path(__file__).parent / "claims"


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config):
    # Claims use no property: they are judged where hypothesis is missing, and do not wait for its import.
    if importlib.util.find_spec("hypothesis") and not all(_is_claim(config, path) for path in config.args):
        from .property_examples import register_profiles

        register_profiles()


def _is_claim(config: pytest.Config, path: str) -> bool:
    """Return True if a path of the command line, with or without a test's name, lies among the claims."""
    return (config.invocation_params.dir / path.partition("::")[0]).resolve().is_relative_to(CLAIMS)
