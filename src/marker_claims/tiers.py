"""Tiers of tests: fast, gpu, benchmark; which of them a run is about.

Without ``-m`` a run is about the fast ones, and about others only where their file or folder is named.
"""

from __future__ import annotations

import ast
import itertools
from collections import Counter
from collections.abc import Sequence, Set
from pathlib import Path

import pytest

FAST = "fast"
OTHER_TIERS = ("gpu", "benchmark")
_MOST_NAMES = 8


def tier_of(item: pytest.Item) -> str:
    """Return a test's tier: one that it names, else the fast one."""
    return next((tier for tier in OTHER_TIERS if item.get_closest_marker(tier)), FAST)


def asks_for(expression: str, tier: str) -> bool:
    """Return whether ``-m`` with this expression asks for a tier: it chooses some tests because of that mark.

    Parameters
    ----------
    expression : as pytest takes it; one that it does not take asks for nothing
    """
    try:
        tree = ast.parse(expression.strip(), mode="eval").body
        names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    # A test has one tier, and any other marks.
    others = sorted(names - {FAST, *OTHER_TIERS})[:_MOST_NAMES]
    return any(
        _holds(tree, {*marked, tier}) and not _holds(tree, set(marked))
        for count in range(len(others) + 1)
        for marked in itertools.combinations(others, count)
    )


def _holds(node: ast.expr, marks: Set[str]) -> bool:
    if isinstance(node, ast.BoolOp):
        values = (_holds(value, marks) for value in node.values)
        return all(values) if isinstance(node.op, ast.And) else any(values)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return not _holds(node.operand, marks)
    # A mark with arguments, such as device(name="x"), is taken for the mark.
    name = node.func if isinstance(node, ast.Call) else node
    return isinstance(name, ast.Name) and name.id in marks


def unasked(items: Sequence[pytest.Item], args: Sequence[str], start: Path) -> list[pytest.Item]:
    """Return the tests of other tiers that a run without ``-m`` leaves out.

    Parameters
    ----------
    items : all that were collected
    args : files, folders and node ids, as pytest has them
    start : folder to which they are relative

    Returns
    -------
    list of pytest.Item
        Those outside the fast tier, but for tests in a file that is named, and in a folder that is named and
        has no fast ones.
    """
    named = [(start / arg.partition("::")[0]).resolve() for arg in args]
    with_fast_tests = {
        folder for item in items if tier_of(item) == FAST for folder in (item.path, *item.path.parents)
    }
    chosen = [path for path in named if path.is_file() or path not in with_fast_tests]
    return [
        item
        for item in items
        if tier_of(item) != FAST and not any(path in (item.path, *item.path.parents) for path in chosen)
    ]


def told(left_out: Sequence[pytest.Item]) -> str:
    """Return a sentence on tests that were left out."""
    counts = Counter(tier_of(item) for item in left_out)
    which = " and ".join(f"{counts[tier]} of tier {tier} (-m {tier})" for tier in OTHER_TIERS if counts[tier])
    return f"left out, as no -m asks for them: {which}"
