"""Profiles of hypothesis: the same examples in every run by default, and a long random search when asked for."""

from __future__ import annotations

import importlib.util

# The claims can be judged without the tests' own libraries.
if importlib.util.find_spec("hypothesis"):
    from .property_examples import register_profiles

    register_profiles()
