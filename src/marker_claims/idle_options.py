"""Options that were given and have no effect on this run, each with the reason."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from marker_claims.tiers import asks_for, tier_of

#: The test that is told how often to kill an experiment.
KILLING_TEST = "tests/marker_coupling/pipeline/test_resume.py"


_OF_MODELS = ("study", "recipe", "seeds", "learning_rate", "epochs", "artifacts", "precision", "ray")
#: Options, the reason for having no effect (after these words), and the condition for having one.
_NEEDS: tuple[tuple[tuple[str, ...], str, Callable[[Any], bool]], ...] = (
    (
        ("seeds", "recipe", "learning_rate", "epochs"),
        "without -m gpu, with which adapters are trained",
        lambda option: option.trains_adapters,
    ),
    (
        _OF_MODELS,
        "with --base-model=none, where no model is measured",
        lambda option: option.base_model != "none",
    ),
    (
        ("registration",),
        "without the file of a registered study, NAME.study.json, in --evidence",
        lambda option: _names_registered_study(option.evidence),
    ),
    (
        ("device",),
        "with --base-model=none, where no model is measured",
        # Benchmarks have models of their own.
        lambda option: option.base_model != "none" or asks_for(option.markexpr, "benchmark"),
    ),
)
#: Of no use where no claim is collected.
_OF_CLAIMS = ("evidence", "registration", "base_model", *_OF_MODELS)


def idle_options(option: Any) -> dict[str, str]:
    """Return options that were given in vain, as they are written, each with the reason."""
    idle: dict[str, str] = {}
    for names, reason, has_effect in _NEEDS:
        if not has_effect(option):
            for name in names:
                if was_given(option, name):
                    idle.setdefault(written(name), reason)
    return idle


def idle_after_collection(
    option: Any, items: list[pytest.Item], claims_collected: bool
) -> Iterator[tuple[str, str]]:
    """Yield options that nothing of what was collected has a use for, of those that are not idle anyway."""
    idle = idle_options(option)
    if was_given(option, "kills") and not any(item.path.as_posix().endswith(KILLING_TEST) for item in items):
        yield written("kills"), f"without the test that kills, {KILLING_TEST}"
    if not claims_collected:
        benchmarks = any(tier_of(item) == "benchmark" for item in items)
        for name in _OF_CLAIMS if benchmarks else (*_OF_CLAIMS, "device"):
            measures_none = name == "base_model" and option.base_model == "none"
            if was_given(option, name) and written(name) not in idle and not measures_none:
                yield written(name), "where no claim is collected: add tests/claims"


def was_given(option: Any, name: str) -> bool:
    """Return whether the user gave an option, none of which has a default."""
    return getattr(option, name) not in (None, [])


def written(name: str) -> str:
    """Return an option as it is written."""
    return "--" + name.replace("_", "-")


def _names_registered_study(files: list[str]) -> bool:
    if not files:
        return False
    # With NumPy behind it, which a run without such files need not import here.
    from marker_coupling.evidence.values.study_evidence import STUDY_SUFFIX

    return any(file.endswith(STUDY_SUFFIX) for file in files)
