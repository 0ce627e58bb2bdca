"""Notices: lines that a run shows once, also with ``--quiet``, such as on options without an effect."""

from __future__ import annotations

import pytest

#: Lines, each with whether it was said.
_NOTICES = pytest.StashKey[dict[str, bool]]()
_WORKER_KEY = "claims_notices"


def note(config: pytest.Config, line: str) -> None:
    """Add a line to show below the head of the run, or at the next call of `show`."""
    config.stash.setdefault(_NOTICES, {}).setdefault(line, False)


def note_idle_option(config: pytest.Config, option: str, reason: str) -> None:
    """Add a warning: an option, as it is written without its value, "has no effect", and the reason."""
    note(config, f"warning: {option} has no effect {reason}")


def show(config: pytest.Config) -> None:
    """Write the lines that were not shown yet; a process that does not report keeps them."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    lines: dict[str, bool] = config.stash.get(_NOTICES, {})
    new = [line for line, is_shown in lines.items() if not is_shown]
    if reporter is not None and new:
        reporter.ensure_newline()
        for line in new:
            reporter.write_line(line, yellow=True)
            lines[line] = True


class Notices:
    """The hooks that show notices, below the head of the run and at its end."""

    @pytest.hookimpl(trylast=True)
    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Show the notices from before tests are collected."""
        show(session.config)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Hand on the notices of a worker of ``pytest-xdist``."""
        output = getattr(session.config, "workeroutput", None)
        if output is not None:
            lines: dict[str, bool] = session.config.stash.get(_NOTICES, {})
            output[_WORKER_KEY] = list(lines)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: object) -> None:
        """Take the notices of a worker; all workers have the same."""
        for line in getattr(node, "workeroutput", {}).get(_WORKER_KEY, ()):
            note(node.config, line)  # type: ignore[attr-defined]

    def pytest_terminal_summary(self, config: pytest.Config) -> None:
        """Show the notices of workers."""
        show(config)
