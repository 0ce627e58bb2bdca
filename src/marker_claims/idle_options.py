"""Options that were given and have no effect on this run, each with the reason."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from marker_claims.tiers import asks_for, tier_of

#: The test that is told how often to kill an experiment.
KILLING_TEST = "tests/marker_coupling/pipeline/test_resume.py"


@dataclass(frozen=True)
class Need:
    """A condition under which options have an effect.

    Parameters
    ----------
    options : names of those that were given and need it
    reason : after the words "has no effect"
    is_met : says of all options whether it is there
    """

    options: tuple[str, ...]
    reason: str
    is_met: Callable[[Any], bool]


NEEDS = (
    Need(
        ("seeds", "recipe", "learning_rate", "epochs"),
        "without -m gpu, with which adapters are trained",
        lambda option: option.trains_adapters,
    ),
    Need(
        ("study", "recipe", "seeds", "learning_rate", "epochs", "artifacts", "precision"),
        "with --base-model=none, where no model is measured",
        lambda option: option.base_model != "none",
    ),
    Need(
        ("device",),
        "with --base-model=none, where no model is measured",
        # Benchmarks have models of their own.
        lambda option: option.base_model != "none" or asks_for(option.markexpr, "benchmark"),
    ),
)
#: Of no use where no claim is collected.
OF_CLAIMS = (
    "evidence", "base_model", "study", "recipe", "seeds", "learning_rate", "epochs", "artifacts", "precision",
)  # fmt: skip


def idle_options(option: Any) -> Iterator[tuple[str, str]]:
    """Yield options that were given in vain, as they are written, each with the reason."""
    said = set()
    for need in NEEDS:
        if need.is_met(option):
            continue
        for name in need.options:
            if was_given(option, name) and name not in said:
                said.add(name)
                yield written(name), need.reason


def idle_after_collection(
    option: Any, items: list[pytest.Item], claims_collected: bool
) -> Iterator[tuple[str, str]]:
    """Yield options that nothing of what was collected has a use for, of those that are not idle anyway."""
    idle = dict(idle_options(option))
    if was_given(option, "kills") and not any(item.path.as_posix().endswith(KILLING_TEST) for item in items):
        yield written("kills"), f"without the test that kills, {KILLING_TEST}"
    if not claims_collected:
        benchmarks = any(tier_of(item) == "benchmark" for item in items)
        for name in OF_CLAIMS if benchmarks else (*OF_CLAIMS, "device"):
            measures_none = name == "base_model" and option.base_model == "none"
            if was_given(option, name) and written(name) not in idle and not measures_none:
                yield written(name), "where no claim is collected: add tests/claims"


def was_given(option: Any, name: str) -> bool:
    """Return whether the user gave an option, none of which has a default."""
    return getattr(option, name) not in (None, [])


def written(name: str) -> str:
    """Return an option as it is written."""
    return "--" + name.replace("_", "-")
