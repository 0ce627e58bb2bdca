"""Commands in the documents: their programs, options, values and paths are there."""

from __future__ import annotations

import contextlib
import importlib
import io
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from .documents import DOCUMENTS, NAMES, ROOT, Command, code_spans, commands, prose, text_of

SHOWN = [
    (name, shown) for name, path in zip(NAMES, DOCUMENTS, strict=True) for shown in commands(text_of(path))
]
DISTINCT = sorted({shown for _, shown in SHOWN}, key=str)
OF_PYTEST = [shown for shown in DISTINCT if Path(shown.program[0]).name == "pytest"]
#: Modules of this project that take options, and their commands.
MODULES = {
    "pytest_claims": ("ledger", "diff", "history", "summary"),
    "marker_coupling": ("evidence",),
    "marker_coupling.pipeline": ("calibrate", "cosines", "measure"),
    "marker_coupling.analysis.simulation": (None,),
}
#: Tools that the set-up installs, and those that a user has.
INSTALLED = {"lint-imports", "mkdocs", "mypy", "pytest", "ruff"}
OF_THE_USER = {
    "hf": {"--local-dir"},
    "kubectl": {"--container", "--filename", "--output", "--selector"},
    "pip": {"--no-deps"},
    "ray": {"--address", "--head", "--include-dashboard", "--ray-client-server-port"},
    "sbatch": {"--nodes"},
    "ssh": {"-L", "-N"},
}
#: Those whose arguments hold a command of the pipeline.
WRAPPING = {"kubectl", "sbatch"}
_OPTION = re.compile(r"(?<![\w-])--?[a-zA-Z][\w-]*")


@cache
def help_of_module(module: str, command: str | None) -> str:
    """``python -m MODULE [COMMAND] --help``, in this process, as its imports take longest."""
    main = importlib.import_module(f"{module}.__main__").main
    with contextlib.redirect_stdout(io.StringIO()) as shown, pytest.raises(SystemExit) as stopped:
        main([*filter(None, [command]), "--help"])
    assert stopped.value.code == 0
    return shown.getvalue()


@cache
def help_of_tool(*words: str) -> str:
    """``TOOL [COMMAND] --help`` of a tool beside this Python."""
    command = [str(Path(sys.executable).with_name(words[0])), *words[1:], "--help"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout


def options_of(shown: Command) -> set[str]:
    """The options that a command's program takes."""
    name, *rest = (Path(shown.program[0]).name, *shown.program[1:])
    if name in OF_THE_USER:
        wrapped = help_of_module("marker_coupling.pipeline", "measure") if name in WRAPPING else ""
        return OF_THE_USER[name] | set(_OPTION.findall(wrapped))
    if name == "python" and rest[0] == "-m":
        module, command = rest[1], rest[2] if len(rest) > 2 else None
        assert command in MODULES[module] or not shown.arguments, shown
        if command not in MODULES[module]:
            return set()
        return set(_OPTION.findall(help_of_module(module, command)))
    if name in INSTALLED:
        return set(_OPTION.findall(help_of_tool(name, *rest)))
    assert name in ("python", "sh") or shown.program[0] == ".ci/run", f"a program without a check: {shown}"
    return set()


@pytest.mark.parametrize("shown", DISTINCT, ids=str)
def test_a_program_takes_the_options_that_are_shown(shown):
    given = {word.partition("=")[0] for word in shown.arguments if _OPTION.match(word)}
    assert sorted(given - options_of(shown)) == []


def test_commands_of_every_module_are_shown():
    of_modules = {shown.program[2:] for shown in DISTINCT if shown.program[1:2] == ("-m",)}
    wanted = {(module, *filter(None, [command])) for module, names in MODULES.items() for command in names}
    # How the error rates were simulated stands beside them in the reports.
    assert wanted - {("marker_coupling.analysis.simulation",)} <= of_modules


@pytest.mark.parametrize("shown", DISTINCT, ids=str)
def test_paths_that_are_named_exist(shown):
    folders = {path.name for path in ROOT.iterdir() if path.is_dir()} - {".venv", "site"}
    values = [word.rpartition("=")[2] for word in (*shown.program, *shown.arguments)]
    paths = [value for value in values if "/" in value and value.partition("/")[0] in folders]
    assert [path for path in paths if not (ROOT / path).exists() and "reports/latest" not in path] == []


@pytest.mark.parametrize("shown", OF_PYTEST, ids=str)
def test_values_of_options_of_pytest_stand_behind_an_equals_sign(shown):
    """After a space pytest takes an existing path for a test path."""
    with_values = set(re.findall(r"(?<![\w-])(--[a-z][\w-]*)[= ][A-Za-z{(\[]", help_of_tool("pytest")))
    assert {"--artifacts", "--base-model", "--evidence", "--ledger", "--recipe", "--seeds"} <= with_values
    ours = {option for option in with_values if f"{option}=" in help_of_tool("pytest")}
    assert [word for word in shown.arguments if word in ours] == []


@pytest.mark.parametrize("shown", OF_PYTEST, ids=str)
def test_marks_that_are_chosen_are_known(shown, pytestconfig):
    chosen = [
        value for option, value in zip(shown.arguments, shown.arguments[1:], strict=False) if option == "-m"
    ]
    known = {line.partition(":")[0] for line in pytestconfig.getini("markers")}
    assert set(chosen) <= known


@pytest.mark.parametrize("path", DOCUMENTS, ids=NAMES)
def test_options_in_the_text_are_some_program_s(path):
    texts = [help_of_tool("pytest"), help_of_tool("mkdocs", "build")]
    texts += [help_of_module(module, command) for module, names in MODULES.items() for command in names]
    known = set(_OPTION.findall("".join(texts))) | set().union(*OF_THE_USER.values())
    spans = [span for span in code_spans(text_of(path)) if span.startswith("-")]
    named = {option for span in spans for option in re.findall(r"(?:^|\s)(--[a-z][\w-]*)", span)}
    assert sorted(named - known) == []


def test_enough_is_checked():
    assert len(DISTINCT) > 25
    assert len(OF_PYTEST) > 12
    assert sum(len(code_spans(prose(text_of(path)))) for path in DOCUMENTS) > 300
