"""Options of this project, and which tier each test belongs to."""

from __future__ import annotations

import pytest

OTHER_TIERS = ("gpu", "benchmark")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put every test that names no other tier into the fast one."""
    for item in items:
        if not any(item.get_closest_marker(tier) for tier in OTHER_TIERS):
            item.add_marker(pytest.mark.fast)
