"""Tiers: of a test, of an expression after -m, and those that a run without one leaves out."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marker_claims.tiers import asks_for, tier_of, told, unasked


@pytest.mark.parametrize(
    ("expression", "gpu", "benchmark"),
    [
        ("", False, False),
        ("fast", False, False),
        ("gpu", True, False),
        ("benchmark", False, True),
        ("fast or gpu", True, False),
        ("gpu and claim", True, False),
        ("gpu and not slow", True, False),
        ("not gpu", False, False),
        ("not (benchmark or gpu)", False, False),
        ("not not gpu", True, False),
        ("not fast", False, False),
        ("(gpu)", True, False),
        ("claim(id='x') and gpu", True, False),
        ("gpu or benchmark", True, True),
        ("gpu and benchmark", False, False),
        ("gpu_memory", False, False),
        ("gpu and", False, False),
        ("gpu or 3", True, False),
        ("(" * 5000, False, False),
    ],
)
def test_what_an_expression_asks_for(expression, gpu, benchmark):
    assert (asks_for(expression, "gpu"), asks_for(expression, "benchmark")) == (gpu, benchmark)


@given(st.text("gpu andotr()\"'.=\n", max_size=40))
def test_any_text_is_an_expression_or_asks_for_nothing(text):
    assert asks_for(text, "gpu") in (True, False)


@pytest.fixture
def items(tmp_path):
    """Two files in one folder, one of benchmarks in another, one of both kinds."""
    made = {}
    for name, tiers in {
        "a/test_a.py": ("", ""), "a/test_b.py": ("gpu",), "speed/test_speed.py": ("benchmark", "benchmark"),
        "test_both.py": ("", "benchmark"),
    }.items():  # fmt: skip
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("")
        made[name] = [
            SimpleNamespace(path=path, get_closest_marker=lambda mark, tier=tier: mark == tier)
            for tier in tiers
        ]
    return made


@pytest.mark.parametrize(
    ("args", "names"),
    [
        ([""], {"a/test_b.py": 1, "speed/test_speed.py": 2, "test_both.py": 1}),
        (["a", "speed"], {"a/test_b.py": 1}),
        (["speed"], {}),
        (["speed/test_speed.py"], {}),
        (["test_both.py::test_it"], {}),
        (["a/test_b.py", "a/test_a.py"], {}),
        (["a"], {"a/test_b.py": 1}),
    ],
)
def test_what_is_left_out_without_an_expression(items, tmp_path, args, names):
    collected = [
        item
        for name, those in items.items()
        if any(name.startswith(arg.partition("::")[0]) for arg in args)
        for item in those
    ]
    left_out = unasked(collected, args, tmp_path)
    assert left_out == [
        item for name in items for item in items[name] if name in names and tier_of(item) != "fast"
    ]
    assert len(left_out) == sum(names.values())


def test_what_was_left_out_is_told_with_what_to_add(items):
    every = [item for those in items.values() for item in those if tier_of(item) != "fast"]
    assert told(every) == "left out, as no -m asks for them: 1 of tier gpu (-m gpu) and 3 of tier benchmark (-m benchmark)"  # fmt: skip
