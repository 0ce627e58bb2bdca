"""Profiles of hypothesis and the number of examples of a property under each.

``fixed`` draws the same examples in every run, so that a run without a change never fails by luck. ``thorough``
draws new ones, twenty times as many: ``pytest -m fast --hypothesis-profile=thorough``.
"""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, settings

FIXED_EXAMPLES, THOROUGH_EXAMPLES = 50, 1000


def register_profiles() -> None:
    """Register both profiles and load the fixed one; the command line may load the other."""
    # How long an example takes says something of the machine, not of the code.
    settings.register_profile("fixed", derandomize=True, deadline=None, max_examples=FIXED_EXAMPLES)
    settings.register_profile(
        "thorough",
        # In CI the default that a profile is built on draws the same examples every time.
        derandomize=False,
        deadline=None,
        max_examples=THOROUGH_EXAMPLES,
        print_blob=True,
        suppress_health_check=[HealthCheck.too_slow],
    )
    settings.load_profile("fixed")


def examples(count: int, **more: Any) -> settings:
    """Return settings for ``count`` examples under the fixed profile, and in proportion under another.

    Parameters
    ----------
    count : for properties that are quicker or slower to check than most
    more : further settings
    """
    return settings(max_examples=max(1, count * settings.default.max_examples // FIXED_EXAMPLES), **more)
