"""The hooks that see every single test; a plugin of its own, so that runs without claims never call them."""

from __future__ import annotations

from collections.abc import Generator

import pytest

from pytest_claims.running.execution import begin_attempt, judge, mark_errors


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Begin anew where a test is run again."""
    begin_attempt(item)


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    """Judge a claim when its test has run."""
    return (yield from judge(pyfuncitem))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Tell errors from verdicts."""
    report = yield
    mark_errors(item, call, report)
    return report
