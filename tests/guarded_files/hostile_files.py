"""Small files that cost a parser much, by name; as a script, read one after the other within hard limits.

The script is given a folder of such files. It reads each as what its name says, and prints a line for each: what the
reader said. The operating system ends it where a file takes more than a gibibyte or twenty seconds.
"""

from __future__ import annotations

import resource
import signal
import sys
from collections.abc import Callable
from pathlib import Path

MIB = 2**20
MEMORY_BYTES, PROCESSOR_SECONDS = 2**30, 20


def filled(start: bytes, piece: bytes, end: bytes = b"", size: int = MIB) -> bytes:
    """A file of some size: a start, as many pieces as there is room for, an end."""
    return start + piece * ((size - len(start) - len(end)) // len(piece)) + end


def numbered(form: bytes, start: bytes = b"", end: bytes = b"", size: int = MIB) -> bytes:
    """The same with pieces that are numbered."""
    pieces = []
    room = size - len(start) - len(end)
    while (room := room - len(piece := form % len(pieces))) >= 0:
        pieces.append(piece)
    return start + b"".join(pieces) + end


TOML = {
    "dotted": filled(b"a", b".a", b" = 1", 40_000),
    "dotted-all": filled(b"a", b".a", b" = 1"),
    "dotted-quoted": filled(b'"a"', b" . 'a'", b" = 1"),
    "many-dotted": numbered(b"k%d" + b".a" * 15 + b"=1\n"),
    "headers": numbered(b"[k%d" + b".a" * 15 + b"]\n"),
    "arrays-of-tables": filled(b"", b"[[a.b.c.d]]\n"),
    "nested": filled(b"a = ", b"["),
    "inline": filled(b"a = ", b"{a="),
    "digits": filled(b"a = ", b"9"),
    "hexadecimal": filled(b"a = 0x", b"f"),
    "underscores": filled(b"a = 1", b"_1"),
    "keys": numbered(b"k%d=1\n"),
    "numbers": filled(b"a = [", b"1,", b"]"),
    "escapes": filled(b'a = "', b"\\t", b'"'),
    "backslashes": filled(b'a = "', b"\\"),
    "open-quotes": filled(b"", b'"'),
    "open-text": filled(b'a = """', b'"a'),
    "spaces": filled(b"", b" "),
    "dots": filled(b"", b". "),
    "words": filled(b"", b"a" * 100 + b"-\n"),
    "comment": filled(b"#", b"#"),
    "big-integer": b"[measurement]\nseed = " + b"1" * 5000,
}
JSON = {
    "nested": filled(b"", b"["),
    "nested-objects": filled(b"", b'{"":'),
    "lists": filled(b"[", b"[],", b"1]"),
    "objects": filled(b"[", b'{"":1},', b"1]"),
    "keys": numbered(b'"%d":1,', b"{", b'"a":1}'),
    "key-per-row": numbered(b'{"%d":1},', b"[", b'{"a":1}]'),
    "digits": filled(b"", b"9"),
    "long-numbers": filled(b"[", b"9" * 300 + b",", b"1]"),
    "exponents": filled(b"[", b"1e999,", b"1]"),
    "open-quotes": filled(b"", b'"'),
    "escaped-quotes": filled(b'"', b'\\"'),
    "backslashes": filled(b'"', b"\\"),
    "spaces": filled(b"", b" "),
    "columns": numbered(b'"%d":[],', b"{", b'"a":[]}'),
}
CSV = {
    "commas": filled(b"", b","),
    "lines": filled(b"", b"\n"),
    "rows": filled(b"persona\n", b"a\n"),
    "names": numbered(b"persona%d,"),
    "leaks": numbered(b"hits_under_%d,", b"persona,"),
    "open-quotes": filled(b"", b'"'),
    "one-name": filled(b"", b"x"),
    "titles": filled(b"", b"a title\n"),
    "numbers": filled(b"persona,cosine_to_assistant\na,", b"1"),
    "thousands": filled(b"persona,cosine_to_assistant\na,1", b"'000"),
}
XML = {
    "nested": filled(b"", b"<testsuites>"),
    "laughs": b'<!DOCTYPE a [<!ENTITY a "' + b"ha" * 1000 + b'">'
    + numbered(b'<!ENTITY b%d "&a;&a;">', size=20_000) + b"]><testsuite>&b9;</testsuite>",
    "attributes": numbered(b' a%d=""', b"<testsuite", b"/>"),
    "properties": filled(b"<testsuite><properties>", b"<property/>", b"</properties></testsuite>"),
    "cases": filled(b"<testsuite>", b'<testcase name="a"/>', b"</testsuite>"),
    "no-end": filled(b"<testsuite name='", b"a"),
    "text": filled(b"<testsuite><testcase><failure>", b"&amp;", b"</failure></testcase></testsuite>"),
}  # fmt: skip


def gguf(kind: int, content: bytes, tensors: int = 0, settings: int = 1) -> bytes:
    """A GGUF file of one setting."""
    counts = b"".join(number.to_bytes(8, "little") for number in (tensors, settings))
    name = (1).to_bytes(8, "little") + b"a"
    return b"GGUF\3\0\0\0" + counts + name + kind.to_bytes(4, "little") + content


def gguf_array(kind: int, count: int) -> bytes:
    """The beginning of an array."""
    return kind.to_bytes(4, "little") + count.to_bytes(8, "little")


GGUF = {
    "endless-array": gguf(9, gguf_array(4, 2**62)),
    "endless-settings": gguf(4, b"\0" * 4, settings=2**63),
    "endless-tensors": gguf(4, b"\0" * 4, tensors=2**63),
    "small-elements": gguf(9, gguf_array(0, MIB - 100) + b"\0" * (MIB - 100)),
    "nested-arrays": gguf(9, gguf_array(9, 1) * 80_000),
    "long-name": b"GGUF\3\0\0\0" + b"\1" + b"\0" * 7 + b"\1" + b"\0" * 7 + b"\xff" * 8,
}


def write_all(folder: Path) -> list[str]:
    """Write the files into a folder; return their names."""
    every = {"toml": TOML, "json": JSON, "evidence.json": JSON, "csv": CSV, "xml": XML, "gguf": GGUF}
    for suffix, files in every.items():
        for name, content in files.items():
            assert len(content) <= MIB, name
            (folder / f"{name}.{suffix}").write_bytes(content)
    return sorted(path.name for path in folder.iterdir())


def main(folder: Path) -> None:
    """Read them all."""
    from manylora.gguf.header import read_header
    from marker_coupling.evidence.files import read_evidence_file
    from marker_coupling.study.study import read_study
    from pytest_claims.junit.reader import read_suite

    readers: dict[str, Callable[[Path], object]] = {
        ".toml": read_study, ".json": read_evidence_file, ".csv": read_evidence_file,
        ".parquet": read_evidence_file, ".xml": read_suite, ".gguf": read_header,
    }  # fmt: skip
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    most = pages * resource.getpagesize() + MEMORY_BYTES
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    for path in sorted(folder.iterdir()):
        # Where nobody waits for it, this ends the process.
        signal.setitimer(signal.ITIMER_PROF, PROCESSOR_SECONDS)
        try:
            readers[path.suffix](path)
            said = "read"
        except ValueError as error:
            said = f"{type(error).__name__}: {error}"
        print(f"{path.name}\t{said}", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
