"""The commits that fixed the rules of claims, found by the lines of their tests when a run ends.

A claim's rule is what its decorators say of statement, rule and needs, with what these name in the same file.
Its test is the function below them, up to the decision, with what that names in the same file: what comes
after a decision, such as figures, cannot change it. What is imported is not followed.
"""

from __future__ import annotations

import ast
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from pytest_claims.core.last_change import LastChange, latest_change
from pytest_claims.junit.properties import PREFIX, Property
from pytest_claims.junit.suite import Case
from pytest_claims.running.git_history import TIMEOUT_S, changes_of_lines

#: For all files together; what is not known by then is not told.
_BUDGET_S = 20.0
_PROCESSES = 4
#: Arguments of a claim that decide nothing.
_BESIDE = frozenset({"source", "kind", "family", "headline", "question"})
_Lines = frozenset[int]


@dataclass(frozen=True)
class ClaimLines:
    """Lines of a claim in its file, from 1 on: of the rule, and of the test below it."""

    rule: _Lines
    test: _Lines


def with_rule_history(cases: Sequence[Case], root: Path, started: float) -> tuple[Case, ...]:
    """Add to each claim's case the commits that last changed its rule and its test, as far as Git tells.

    One process of Git is run for each file.

    Parameters
    ----------
    root : to which the cases' files are relative
    started : when the run began; files that were changed since are not those that ran
    """
    by_file: dict[str, set[int]] = {}
    for case in cases:
        if case.line is not None and _judges(case):
            by_file.setdefault(case.file, set()).add(case.line + 1)
    deadline = time.monotonic() + _BUDGET_S
    find = partial(_properties_by_line, root=root, started=started, deadline=deadline)
    with ThreadPoolExecutor(_PROCESSES) as pool:
        found = dict(zip(by_file, pool.map(find, by_file, by_file.values()), strict=True))
    return tuple(
        replace(case, properties=(*case.properties, *found[case.file].get(case.line + 1, ())))
        if case.line is not None and _judges(case)
        else case
        for case in cases
    )


def _judges(case: Case) -> bool:
    return any(name == PREFIX + "id" for name, _ in case.properties)


def _properties_by_line(
    file: str, firsts: Iterable[int], *, root: Path, started: float, deadline: float
) -> Mapping[int, list[Property]]:
    """Return the properties of the claims in a file by the first line of their tests."""
    path = root / file
    try:
        if path.stat().st_mtime > started:
            return {}
        claims = claim_lines(path.read_bytes(), firsts)
    except (OSError, SyntaxError, ValueError, RecursionError):
        return {}
    wanted = frozenset[int]().union(*(lines.rule | lines.test for lines in claims.values()))
    if not wanted:
        return {}
    changes = changes_of_lines(path, list(_ranges(wanted)), min(TIMEOUT_S, deadline - time.monotonic()))
    return {first: list(_properties(lines, changes)) for first, lines in claims.items()}


def _properties(lines: ClaimLines, changes: Mapping[int, LastChange]) -> Iterator[Property]:
    for name, of_part in (("rule_change", lines.rule), ("test_change", lines.test)):
        if of_part <= changes.keys() and (last := latest_change([changes[line] for line in of_part])):
            yield PREFIX + name, last.text


def claim_lines(source: bytes, firsts: Iterable[int]) -> dict[int, ClaimLines]:
    """Return the lines of claims by the first line of their tests, without those that are no functions.

    Parameters
    ----------
    source : of the file, as Python reads it
    firsts : the first lines, those of the uppermost decorators

    Raises
    ------
    SyntaxError, ValueError
        The file is no Python.
    """
    tree, wanted = ast.parse(source), set(firsts)
    claims = {}
    definitions: dict[tuple[ast.ClassDef, ...], Mapping[str, Sequence[ast.stmt]]] = {}
    for scopes, function in _functions(tree, ()):
        first = min([function.lineno, *(decorator.lineno for decorator in function.decorator_list)])
        if first not in wanted or not function.decorator_list:
            continue
        if scopes not in definitions:
            definitions[scopes] = _definitions([tree, *scopes])
        named = definitions[scopes]
        rule = _with_named(list(_rule_nodes(function.decorator_list)), named)
        claims[first] = ClaimLines(rule, _with_named(_up_to_decision(function), named) - rule)
    return claims


def _rule_nodes(decorators: Iterable[ast.expr]) -> Iterator[ast.AST]:
    """Yield decorators; of one that is given a rule, the arguments that say what is decided."""
    for decorator in decorators:
        keywords = decorator.keywords if isinstance(decorator, ast.Call) else []
        if isinstance(decorator, ast.Call) and any(keyword.arg in ("rule", None) for keyword in keywords):
            yield from decorator.args
            yield from (keyword for keyword in keywords if keyword.arg not in _BESIDE)
        else:
            yield decorator


_Function = ast.FunctionDef | ast.AsyncFunctionDef


def _up_to_decision(function: _Function) -> list[ast.AST]:
    """Return arguments and statements of a test; none after the last that takes a decision, if any does."""
    decides = [
        index
        for index, statement in enumerate(function.body)
        if any(isinstance(node, ast.Attribute) and node.attr == "decide" for node in ast.walk(statement))
    ]
    arguments = ast.walk(function.args)
    return [*arguments, *function.body[: decides[-1] + 1 if decides else None]]


def _functions(
    scope: ast.Module | ast.ClassDef, within: tuple[ast.ClassDef, ...]
) -> Iterator[tuple[tuple[ast.ClassDef, ...], _Function]]:
    for statement in scope.body:
        if isinstance(statement, _Function):
            yield within, statement
        elif isinstance(statement, ast.ClassDef):
            yield from _functions(statement, (*within, statement))


def _definitions(scopes: Sequence[ast.Module | ast.ClassDef]) -> dict[str, list[ast.stmt]]:
    """Return the statements of some scopes that define each name."""
    named: dict[str, list[ast.stmt]] = {}
    for statement in (statement for scope in scopes for statement in scope.body):
        if isinstance(statement, _Function | ast.ClassDef):
            names = [statement.name]
        elif isinstance(statement, ast.Assign | ast.AnnAssign | ast.AugAssign):
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            names = [node.id for target in targets for node in ast.walk(target) if isinstance(node, ast.Name)]
        else:
            continue
        for name in names:
            named.setdefault(name, []).append(statement)
    return named


def _with_named(nodes: Sequence[ast.AST], named: Mapping[str, Sequence[ast.stmt]]) -> _Lines:
    """Return the lines of some nodes and of everything in their file that they name."""
    lines: set[int] = set()
    seen: set[str] = set()
    waiting = list(nodes)
    while waiting:
        node = waiting.pop()
        lines |= _lines(node)
        names = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
        for name in names - seen:
            seen.add(name)
            waiting += named.get(name, ())
    return frozenset(lines)


def _lines(node: ast.AST) -> _Lines:
    first, last = getattr(node, "lineno", None), getattr(node, "end_lineno", None)
    return frozenset(range(first, last + 1)) if first and last else frozenset()


def _ranges(lines: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Yield first and last line of each stretch of lines."""
    ordered = sorted(lines)
    first = previous = ordered[0]
    for line in ordered[1:]:
        if line != previous + 1:
            yield first, previous
            first = line
        previous = line
    yield first, previous
