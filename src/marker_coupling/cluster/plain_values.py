"""The only values that are handed to Ray: texts, numbers, bytes, and lists and tables of them.

Ray pickles what it is given. A pickle of such values holds no code and no class.
"""

from __future__ import annotations

from typing import Any

_PLAIN = (str, bytes, int, float, bool, type(None))


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
    if type(value) in _PLAIN or isinstance(value, references):
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
