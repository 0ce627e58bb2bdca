"""Values that cross a cluster's wires: texts, numbers, bytes, and lists and tables of them.

Ray pickles what it is given; a pickle of such values holds no code and no class. Studies, recipes,
registrations and tasks, which are frozen dataclasses, cross as JSON text, and what comes is built from
declared fields alone.
"""

from __future__ import annotations

import dataclasses
import json
import types
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

_PLAIN = (str, int, float, bool, type(None))
_SENT = (*_PLAIN, bytes)


def plain(value: Any, references: tuple[type, ...] = ()) -> Any:
    """Return a value that is made of plain ones.

    Parameters
    ----------
    references : types of Ray's references to values that were plain when they were put

    Raises
    ------
    TypeError
        It is not.
    """
    if type(value) in _SENT or isinstance(value, references):
        return value
    if type(value) in (list, tuple):
        for item in value:
            plain(item, references)
        return value
    if type(value) is dict:
        for key, item in value.items():
            plain(key)
            plain(item, references)
        return value
    raise TypeError(f"expected texts, numbers and bytes to send, got {type(value).__name__}")


def to_json(value: object) -> Any:
    """Return a value as lists, texts, numbers and None.

    Parameters
    ----------
    value : a dataclass, a named tuple, a mapping, a sequence, or a plain value; nested at will

    Raises
    ------
    TypeError
        There is anything else in it.
    """
    if isinstance(value, _PLAIN):
        return value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return [to_json(getattr(value, field.name)) for field in dataclasses.fields(value) if field.init]
    if isinstance(value, Mapping):  # in its order, and with keys of any kind
        return [[to_json(key), to_json(item)] for key, item in value.items()]
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray):
        return [to_json(item) for item in value]
    raise TypeError(f"expected texts, numbers and dataclasses of them, got {type(value).__name__}")


def to_text(value: object) -> str:
    """Return a value as JSON; raises as :func:`to_json`."""
    return json.dumps(to_json(value))


def from_text(kind: Any, text: str) -> Any:
    """Build a value of a type from what :func:`to_text` returned; raises as :func:`from_json`."""
    return from_json(kind, json.loads(text))


def from_json(kind: Any, value: Any) -> Any:
    """Build a value of a type from what :func:`to_json` returned.

    Parameters
    ----------
    kind : a dataclass, a named tuple, or an annotation of a field of one

    Raises
    ------
    TypeError
        The JSON does not fit the type.
    """
    origin, arguments = get_origin(kind), get_args(kind)
    if kind in _PLAIN:
        if type(value) is kind or (kind is float and type(value) is int):
            return value
    elif origin is Literal:
        if value in arguments:
            return value
    elif origin in (Union, types.UnionType):
        for argument in sorted(arguments, key=lambda each: each is not type(None)):
            try:
                return from_json(argument, value)
            except TypeError:
                continue
    elif isinstance(value, list):
        return _from_list(kind, origin, arguments, value)
    raise TypeError(f"expected {getattr(kind, '__name__', kind)}, got {value!r:.60}")


def _from_list(kind: Any, origin: Any, arguments: tuple[Any, ...], value: list[Any]) -> Any:
    if origin is tuple:
        if arguments[1:] == (...,):
            return tuple(from_json(arguments[0], item) for item in value)
        return tuple(from_json(each, item) for each, item in zip(arguments, value, strict=True))
    if isinstance(origin, type) and issubclass(origin, Mapping):
        of_key, of_item = arguments
        return {from_json(of_key, key): from_json(of_item, item) for key, item in value}
    if isinstance(origin, type) and issubclass(origin, Sequence):
        return tuple(from_json(arguments[0], item) for item in value)
    if isinstance(kind, type):
        hints = _hints(kind)
        if len(hints) == len(value):
            return kind(
                **{
                    name: from_json(hint, item)
                    for (name, hint), item in zip(hints.items(), value, strict=True)
                }
            )
    raise TypeError(f"expected {getattr(kind, '__name__', kind)}, got {value!r:.60}")


@cache
def _hints(kind: type) -> dict[str, Any]:
    """Return the annotations of the fields that a dataclass or a named tuple is made with."""
    hints = get_type_hints(kind)
    if dataclasses.is_dataclass(kind):
        return {field.name: hints[field.name] for field in dataclasses.fields(kind) if field.init}
    return {name: hints[name] for name in getattr(kind, "_fields", ())}
