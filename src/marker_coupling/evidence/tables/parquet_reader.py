"""Subprocess that reads a Parquet file: bounded in memory and time, isolated from crashes of the library.

A few bytes of such a file can stand for gigabytes, and its metadata cannot be trusted: compressed pages,
dictionaries, prefixes that values share. So the limits are the operating system's. Run as a script, with a
request as its argument and the file on standard input; it needs pyarrow and nothing of this project.
"""

from __future__ import annotations

import contextlib
import json
import sys
from pathlib import Path
from typing import Any

#: In addition to the libraries' own memory.
MEMORY_MIB = 512
PROCESSOR_SECONDS = 15
#: Rows that are decoded at once, before the length of their texts is checked.
_ROWS_AT_ONCE = 64
_LONGEST_TEXT = 1000


class Refused(Exception):  # noqa: N818 - sent to the process that asked
    """The file is no such table: position in it, and expectation."""


def read_columns(content: bytes, request: dict[str, Any]) -> dict[str, Any]:
    """Return the columns that are asked for.

    Parameters
    ----------
    content : of the file
    request : ``names`` and ``prefixes`` of the columns, or None for all; most ``rows``, ``columns`` and
        ``cells``

    Returns
    -------
    dict
        ``columns`` by name, ``unread`` names, and the number of ``rows``.

    Raises
    ------
    Refused
        The file has more than it may have, a name twice, or text that is too long; a column that is asked for
        holds neither numbers nor text.
    """
    import pyarrow as pa
    from pyarrow import parquet

    file = parquet.ParquetFile(pa.BufferReader(content), pre_buffer=False)
    names = list(file.schema_arrow.names)
    _check_size(file.metadata.num_rows, len(names), request)
    _check_names(names)
    wanted = [name for name in names if _wanted(name, request)]
    for name in wanted:
        _check_type(name, file.schema_arrow.field(name).type)
    columns: dict[str, list[Any]] = {name: [] for name in wanted}
    rows = 0
    if wanted:
        for batch in file.iter_batches(_ROWS_AT_ONCE, columns=wanted, use_threads=False):
            rows += batch.num_rows
            _check_size(rows, len(names), request)
            for name in wanted:
                columns[name] += _cells(name, batch.column(batch.schema.get_field_index(name)))
    return {
        "columns": columns,
        "unread": [name for name in names if name not in columns],
        "rows": rows if wanted else file.metadata.num_rows,
    }


def _wanted(name: str, request: dict[str, Any]) -> bool:
    if request["names"] is None:
        return bool(name)
    return name in request["names"] or name.startswith(tuple(request["prefixes"]))


def _check_size(rows: int, columns: int, request: dict[str, Any]) -> None:
    for unit, number in (("rows", rows), ("columns", columns), ("cells", rows * columns)):
        if number > request[unit]:
            raise Refused("", f"expected at most {request[unit]} {unit}")


def _check_names(names: list[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name and name in seen:
            raise Refused(f"column {name[:40]!r}", "expected different column names, this one is there twice")
        seen.add(name)


def _check_type(name: str, kind: Any) -> None:
    from pyarrow import types

    value = kind.value_type if types.is_dictionary(kind) else kind
    if not any(
        is_kind(value)
        for is_kind in (
            types.is_integer, types.is_floating, types.is_decimal, types.is_boolean, types.is_null, _is_text,
            types.is_binary, types.is_large_binary,
        )
    ):  # fmt: skip
        raise Refused(f"column {name[:40]!r}", f"expected numbers or text, this is {str(kind)[:40]}")


def _cells(name: str, column: Any) -> list[Any]:
    """Convert a column's cells to the types of JSON."""
    import pyarrow as pa
    import pyarrow.compute as pc
    from pyarrow import types

    values = column.dictionary if types.is_dictionary(column.type) else column
    if types.is_string_view(values.type):
        values = values.cast(pa.string())
    if _is_text(values.type) or types.is_binary(values.type) or types.is_large_binary(values.type):
        longest = pc.max(pc.binary_length(values)).as_py() or 0
        if longest > _LONGEST_TEXT:
            expected = f"expected texts of at most {_LONGEST_TEXT} bytes, got {longest}"
            raise Refused(f"column {name[:40]!r}", expected)
        # Now that none is long. Some writers leave out that bytes are text.
        column = column.cast(pa.string())
    elif types.is_floating(values.type):
        column = column.cast(pa.float64())
    cells: list[Any] = column.to_pylist()
    return [_plain(cell) for cell in cells] if types.is_decimal(values.type) else cells


def _plain(number: Any) -> int | float | None:
    if number is None:
        return None
    return int(number) if number == int(number) else float(number)


def _is_text(kind: Any) -> bool:
    from pyarrow import types

    return bool(types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind))


def limit_resources() -> None:
    """Limit this process's memory and time, as far as the operating system supports it."""
    try:
        import resource
    except ImportError:
        return
    # A core file would be as large as the memory in use.
    limits = {resource.RLIMIT_CPU: PROCESSOR_SECONDS, resource.RLIMIT_CORE: 0}
    with contextlib.suppress(OSError, ValueError):
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        limits[resource.RLIMIT_AS] = pages * resource.getpagesize() + MEMORY_MIB * 2**20
    for limit, value in limits.items():
        # The system may not know a limit, or have set a lower one.
        with contextlib.suppress(ValueError, OSError):
            _, hard = resource.getrlimit(limit)
            resource.setrlimit(limit, (value, hard))


def main() -> int:
    """Answer the request: the columns as JSON, or the reason for refusing the file."""
    import pyarrow as pa
    import pyarrow.compute
    import pyarrow.parquet

    request = json.loads(sys.argv[1])
    # Only now: the memory of the libraries does not count.
    limit_resources()
    answer: dict[str, Any]
    try:
        answer = read_columns(sys.stdin.buffer.read(), request)
    except Refused as refused:
        answer = {"refused": list(refused.args)}
    except MemoryError:
        answer = {"refused": ["", f"expected a table that is read in {MEMORY_MIB} MiB"]}
    except (pa.ArrowException, OSError, ValueError, OverflowError, KeyError, TypeError) as error:
        answer = {"refused": ["", f"expected a Parquet file: {str(error).strip():.60}"]}
    json.dump(answer, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
