"""Lines about options without effect: said once, under -q and by workers too, and failing nothing."""

from __future__ import annotations

import pytest

FIGURES = "warning: --ledger-figures has no effect without a ledger: give --ledger=DIR or the ini value claims_ledger"
CONFTEST = """
from pytest_claims.running import notices

def pytest_collection_finish(session):
    notices.note_idle_option(session.config, "--colour", "on what was collected")
    notices.show(session.config)
"""


@pytest.mark.parametrize("arguments", [(), ("-q",), ("-n2",), ("-W", "error")], ids=" ".join)
def test_an_option_without_effect_is_said_once(project, arguments):
    project.pytester.makeconftest(CONFTEST)
    project.claims("def test_nothing(): pass")
    result = project.run("--ledger=", "--ledger-figures=embed", *arguments)
    assert result.ret == pytest.ExitCode.OK
    lines = [line for line in result.stdout.lines if line.startswith("warning: ")]
    assert lines == [FIGURES, "warning: --colour has no effect on what was collected"]


def test_an_option_that_has_an_effect_is_not_mentioned(project):
    project.claims("def test_nothing(): pass")
    for arguments in (("--ledger-figures=embed",), ("--ledger=",)):
        assert "warning: " not in project.run(*arguments).stdout.str()
