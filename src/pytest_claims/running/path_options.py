"""Paths that pytest mistakes for test paths, because they come after an option that it does not know yet.

pytest decides on its root before it loads the plugins and conftest files whose options these are. An existing
path after a space counts as a test path then and may lead it to another root: to another ini file, or past
the conftest file that has the option. What follows looks like anything but its cause, so that is said in one
line.
"""

from __future__ import annotations

import itertools
from collections.abc import Generator, Iterator, Sequence
from pathlib import Path

import pytest

#: Options of this plugin that take a path.
PATH_OPTIONS = frozenset({"--ledger"})
_INI_FILES = (
    "pytest.toml", ".pytest.toml", "pytest.ini", ".pytest.ini", "pyproject.toml", "tox.ini", "setup.cfg"
)  # fmt: skip


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(
    early_config: pytest.Config, parser: pytest.Parser, args: list[str]
) -> Generator[None]:
    """Refuse a path after a space that has moved pytest's root, or kept an option from being known."""
    start = early_config.invocation_params.dir
    pairs = list(_options_before_paths(args, start))
    if not pairs:
        return (yield)
    unknown = set(parser.parse_known_and_unknown_args(args)[1])
    mistaken = [(option, path) for option, path in pairs if option in unknown or option in PATH_OPTIONS]
    failure: Exception | None = None
    result = None
    try:
        result = yield
    except Exception as error:  # a conftest file that is loaded under another root may fail in any way
        failure = error
    if mistaken:
        namespace, unknown_args = parser.parse_known_and_unknown_args(args)
        test_paths = namespace.file_or_dir
        is_at_home = _is_at_home(early_config, test_paths)
        for option, path in mistaken:
            # An option without a value may well stand before a test path.
            is_test_path = path in test_paths and option not in unknown_args
            if not is_test_path and (not is_at_home or (unknown_args and failure is None)):
                raise pytest.UsageError(
                    f"{option} {path}: expected {option}={path}: pytest takes an existing path after a space "
                    f"for a test path, and has {early_config.rootpath} for its root because of it"
                ) from failure
    if failure is not None:
        raise failure
    return result


def _options_before_paths(args: Sequence[str], start: Path) -> Iterator[tuple[str, str]]:
    for option, value in itertools.pairwise(itertools.takewhile(lambda arg: arg != "--", args)):
        if option.startswith("--") and "=" not in option and value and not value.startswith("-"):
            try:
                exists = (start / value.partition("::")[0]).exists()
            except (OSError, ValueError):
                exists = False
            if exists:
                yield option, value


def _is_at_home(config: pytest.Config, test_paths: Sequence[str]) -> bool:
    """Return True if pytest's root is the one that the test paths alone, or else the folder, would give."""
    known = config.known_args_namespace
    if getattr(known, "inifilename", None) or getattr(known, "rootdir", None):
        return True  # said by the user
    start = config.invocation_params.dir
    begins = [start / path.partition("::")[0] for path in test_paths] or [start]
    if config.inipath is not None:
        return any(_nearest_ini_is_in(config.inipath.parent, begin) for begin in begins)
    if (config.rootpath / "setup.py").is_file():
        return any(config.rootpath in (begin, *begin.parents) for begin in begins)
    return config.rootpath == start or any(config.rootpath == begin for begin in begins)


def _nearest_ini_is_in(home: Path, begin: Path) -> bool:
    for folder in (begin, *begin.parents):
        if folder == home:
            return True
        # Whether pytest would read it is not asked: it is in doubt, and doubt is resolved by '='.
        if any((folder / name).is_file() for name in _INI_FILES):
            return False
    return False
