"""JUnit XML of the family ``xunit1``: written from a run's test cases, read back into the same values.

pytest's own writer puts test cases in the order in which they ended and has no way to add suite
properties from several processes; a ledger must be the same file however many processes ran. A test
compares the two writers.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Property = tuple[str, str]
Outcome = Literal["passed", "failed", "error", "skipped", "xfailed"]

# What XML 1.0 cannot hold, see https://www.w3.org/TR/xml/#charsets; the surrogates are not characters.
_NOT_IN_XML = re.compile(r"[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufdcf\ufdf0-\ufffd\U00010000-\U0010ffff]")


class JUnitError(ValueError):
    """The file is not a JUnit report; the message names file, place and what was expected."""


@dataclass(frozen=True)
class Case:
    """One test: where it stands, how it ended, and what it recorded.

    Parameters
    ----------
    message : first line of what went wrong, or the reason of a skip; empty for a pass
    text : the whole of it
    """

    classname: str
    name: str
    file: str
    line: int | None
    time_s: float
    outcome: Outcome
    message: str = ""
    text: str = ""
    properties: tuple[Property, ...] = ()


@dataclass(frozen=True)
class Suite:
    """A run of pytest."""

    timestamp: str
    hostname: str
    time_s: float
    properties: tuple[Property, ...]
    cases: tuple[Case, ...]

    def count(self, *outcomes: Outcome) -> int:
        """Return how many cases ended in one of ``outcomes``."""
        return sum(case.outcome in outcomes for case in self.cases)


def to_xml(suite: Suite) -> bytes:
    """Return the report as UTF-8 XML; characters that XML cannot hold appear as ``#x1B``."""
    element = ET.Element(
        "testsuite",
        name="pytest",
        errors=str(suite.count("error")),
        failures=str(suite.count("failed")),
        skipped=str(suite.count("skipped", "xfailed")),
        tests=str(len(suite.cases)),
        time=f"{suite.time_s:.3f}",
        timestamp=suite.timestamp,
        hostname=suite.hostname,
    )
    _add_properties(element, suite.properties)
    for case in suite.cases:
        attributes = {"classname": case.classname, "name": case.name, "file": case.file}
        if case.line is not None:
            attributes["line"] = str(case.line)
        attributes["time"] = f"{case.time_s:.3f}"
        child = ET.SubElement(element, "testcase", {k: _legal(v) for k, v in attributes.items()})
        _add_properties(child, case.properties)
        if case.outcome != "passed":
            tag = {"failed": "failure", "error": "error"}.get(case.outcome, "skipped")
            end = ET.SubElement(child, tag, message=_legal(case.message))
            end.text = _legal(case.text)
            if tag == "skipped":
                end.set("type", "pytest.xfail" if case.outcome == "xfailed" else "pytest.skip")
    root = ET.Element("testsuites", name="pytest tests")
    root.append(element)
    ET.indent(root)
    document: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return document + b"\n"


def read_suite(path: Path) -> Suite:
    """Read a report, ours or pytest's own. Several suites in one file are read as one.

    Raises
    ------
    JUnitError
        The file cannot be read, is not XML, is cut off, or is not a JUnit report.
    """
    try:
        return parse_suite(path.read_bytes(), str(path))
    except OSError as error:
        raise JUnitError(f"{path}: expected a JUnit XML file: {error.strerror}") from error


def parse_suite(document: bytes, path: str) -> Suite:
    """Read a report from its bytes; ``path`` is only for messages.

    Raises
    ------
    JUnitError
        The bytes are not XML, are cut off, or are not a JUnit report.
    """
    try:
        root = ET.fromstring(document)
    except ET.ParseError as error:
        raise JUnitError(f"{path}: expected a complete JUnit XML file: {error}") from error
    suites = [root] if root.tag == "testsuite" else root.findall("testsuite")
    if root.tag not in ("testsuite", "testsuites") or not suites:
        raise JUnitError(f"{path}: expected a <testsuites> or <testsuite> report, got <{root.tag}>")
    try:
        return Suite(
            timestamp=suites[0].get("timestamp", ""),
            hostname=suites[0].get("hostname", ""),
            time_s=sum(float(suite.get("time", 0)) for suite in suites),
            properties=tuple(found for suite in suites for found in _properties_of(suite)),
            cases=tuple(_case(element) for suite in suites for element in suite.iter("testcase")),
        )
    except ValueError as error:
        raise JUnitError(f"{path}: expected numbers in 'time' and 'line': {error}") from error


def _case(element: ET.Element) -> Case:
    outcome: Outcome = "passed"
    message = text = ""
    for tag, means in (("skipped", "skipped"), ("failure", "failed"), ("error", "error")):
        found = element.find(tag)
        if found is not None:
            message, text = found.get("message", ""), found.text or ""
            outcome = "xfailed" if found.get("type") == "pytest.xfail" else means  # type: ignore[assignment]
    line = element.get("line")
    return Case(
        classname=element.get("classname", ""),
        name=element.get("name", ""),
        file=element.get("file", ""),
        line=None if line is None else int(line),
        time_s=float(element.get("time", 0)),
        outcome=outcome,
        message=message,
        text=text,
        properties=tuple(_properties_of(element)),
    )


def _add_properties(element: ET.Element, properties: Iterable[Property]) -> None:
    parent = None
    for name, value in properties:
        if parent is None:
            parent = ET.SubElement(element, "properties")
        ET.SubElement(parent, "property", name=_legal(name), value=_legal(value))


def _properties_of(element: ET.Element) -> list[Property]:
    return [
        (found.get("name", ""), found.get("value", "")) for found in element.iterfind("properties/property")
    ]


def _legal(text: str) -> str:
    return _NOT_IN_XML.sub(lambda match: f"#x{ord(match.group()):02X}", text)
