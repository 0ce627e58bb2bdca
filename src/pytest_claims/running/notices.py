"""Lines that a run says once, whether or not pytest is told to be quiet: options that have no effect, say."""

from __future__ import annotations

import pytest

#: Lines, each with whether it was said.
_NOTICES = pytest.StashKey[dict[str, bool]]()
_WORKER_KEY = "claims_notices"


def note(config: pytest.Config, line: str) -> None:
    """Let the run say a line, below its head or where `show` is called."""
    config.stash.setdefault(_NOTICES, {}).setdefault(line, False)


def note_idle_option(config: pytest.Config, option: str, reason: str) -> None:
    """Let the run say that an option was given in vain.

    Parameters
    ----------
    option : as it is written, without its value
    reason : after the words "has no effect"
    """
    note(config, f"warning: {option} has no effect {reason}")


def show(config: pytest.Config) -> None:
    """Write the lines that were not said; a process that does not report keeps them."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    lines: dict[str, bool] = config.stash.get(_NOTICES, {})
    new = [line for line, said in lines.items() if not said]
    if reporter is not None and new:
        reporter.ensure_newline()
        for line in new:
            reporter.write_line(line, yellow=True)
            lines[line] = True


class Notices:
    """The hooks that say the lines, below the head of the run and at its end."""

    @pytest.hookimpl(trylast=True)
    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Say what is known before tests are collected."""
        show(session.config)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Hand on what a worker of ``pytest-xdist`` has to say."""
        output = getattr(session.config, "workeroutput", None)
        if output is not None:
            lines: dict[str, bool] = session.config.stash.get(_NOTICES, {})
            output[_WORKER_KEY] = list(lines)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: object) -> None:
        """Take what a worker has to say, of which all say the same."""
        for line in getattr(node, "workeroutput", {}).get(_WORKER_KEY, ()):
            note(node.config, line)  # type: ignore[attr-defined]

    def pytest_terminal_summary(self, config: pytest.Config) -> None:
        """Say what workers had to say."""
        show(config)
