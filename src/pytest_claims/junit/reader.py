"""Reader of JUnit XML, whatever wrote it: in bounded memory, and safe from malicious XML.

No tree is built: a report is read in pieces, and of each test only what is wanted is kept. Document types are
refused, since entity bombs and external entities need one.
"""

from __future__ import annotations

import io
import xml.sax
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO
from xml.sax.handler import ContentHandler
from xml.sax.xmlreader import AttributesImpl

from defusedxml import DefusedXmlException
from defusedxml.expatreader import DefusedExpatParser

from guarded_files import open_regular
from pytest_claims.junit.omissions import Omissions
from pytest_claims.junit.properties import Property
from pytest_claims.junit.suite import LONGEST_TEXT, Case, JUnitError, Outcome, Suite

MIB = 2**20
#: Default limit on the size of a report.
DEFAULT_LIMIT_MIB = 256
#: Properties of one test or suite; what comes after them is left out, and said to be, as is what comes after
#: the first :data:`pytest_claims.junit.suite.LONGEST_TEXT` characters of one text.
MOST_PROPERTIES = 10_000
_DEEPEST = 50
_PIECE = MIB
#: A tag is scanned anew with every piece until it is whole.
_LONGEST_TAG_MIB = 16
_ENDS: dict[str, Outcome] = {"skipped": "skipped", "failure": "failed", "error": "error"}
_SEVERITY = {"passed": 0, "skipped": 1, "xfailed": 1, "failed": 2, "error": 3}


def read_suite(
    path: Path, keep: Callable[[Case], bool] | None = None, limit_mib: int = DEFAULT_LIMIT_MIB
) -> Suite:
    """Read a report, whatever wrote it. Several suites in one file are read as one.

    Parameters
    ----------
    keep : says which cases are wanted; all of them by default
    limit_mib : largest file that is read

    Raises
    ------
    JUnitError
        The file cannot be read, is too large, is not XML, is cut off, has a document type, or is not a JUnit
        report.
    """
    with open_regular(path, JUnitError) as stream:
        try:
            return _read(stream, str(path), keep, limit_mib)
        except OSError as error:
            raise JUnitError(f"{path}: expected a JUnit XML file: {error.strerror}") from error


def parse_suite(document: bytes, path: str, keep: Callable[[Case], bool] | None = None) -> Suite:
    """Read a report from its bytes; ``path`` is only for messages.

    Raises
    ------
    JUnitError
        As :func:`read_suite`; there is no limit of size.
    """
    return _read(io.BytesIO(document), path, keep, None)


def _read(stream: BinaryIO, path: str, keep: Callable[[Case], bool] | None, limit_mib: int | None) -> Suite:
    handler = _ReportHandler(path, keep)
    parser = DefusedExpatParser(forbid_dtd=True)
    parser.setContentHandler(handler)
    taken = events = since = 0
    try:
        while piece := stream.read(_PIECE):
            taken += len(piece)
            if limit_mib is not None and taken > limit_mib * MIB:
                raise JUnitError(
                    f"{path}: expected at most {limit_mib} MiB, got more; --limit-mib allows a larger report"
                )
            parser.feed(piece)
            since = 0 if handler.events > events else since + len(piece)
            events = handler.events
            if since > _LONGEST_TAG_MIB * MIB:
                raise JUnitError(f"{path}: expected tags of at most {_LONGEST_TAG_MIB} MiB, got a longer one")
        if not taken:
            raise JUnitError(f"{path}: expected a complete JUnit XML file: it is empty")
        parser.close()
    except DefusedXmlException as error:
        raise JUnitError(
            f"{path}: expected a JUnit report, which has no document type (<!DOCTYPE ...>) and no entities"
        ) from error
    except xml.sax.SAXParseException as error:
        location = f"line {error.getLineNumber()}, column {error.getColumnNumber()}"
        raise JUnitError(
            f"{path}: expected a complete JUnit XML file: {error.getMessage()}: {location}"
        ) from error
    except (ValueError, LookupError) as error:
        if isinstance(error, JUnitError):
            raise
        # An encoding that is declared and that the parser does not know.
        raise JUnitError(f"{path}: expected a complete JUnit XML file: {error}") from error
    return handler.suite()


class _ReportHandler(ContentHandler):
    """SAX handler that builds a suite from a report."""

    def __init__(self, path: str, keep: Callable[[Case], bool] | None) -> None:
        super().__init__()
        self.events = 0
        self._path, self._keep = path, keep
        self._open: list[str] = []
        self._suite: Suite | None = None
        self._properties: list[Property] = []
        self._cases: list[Case] = []
        self._case: _OpenCase | None = None
        self._text: io.StringIO | None = None
        self._omissions = Omissions()

    def startElement(self, name: str, attributes: AttributesImpl) -> None:  # noqa: N802 - SAX names it
        self.events += 1
        if not self._open and name not in ("testsuite", "testsuites"):
            raise JUnitError(f"{self._path}: expected a <testsuites> or <testsuite> report, got <{name:.40}>")
        if len(self._open) >= _DEEPEST:
            raise JUnitError(f"{self._path}: expected tags at most {_DEEPEST} deep in each other")
        parent = self._open[-1] if self._open else ""
        self._open.append(name)
        if name == "testsuite":
            self._start_suite(attributes)
        elif name == "testcase" and self._case is None and self._suite is not None:
            self._case = _OpenCase(attributes, self._omissions)
        elif name == "property" and parent == "properties" and len(self._open) > 2:
            self._add_property(attributes, self._open[-3])
        elif name in _ENDS and parent == "testcase" and self._case is not None:
            outcome = _ENDS[name]
            if attributes.get("type") == "pytest.xfail":
                outcome = "xfailed"
            if self._case.ends(outcome, attributes.get("message", "")):
                self._text = io.StringIO()

    def characters(self, content: str) -> None:
        self.events += 1
        if self._text is not None and self._text.tell() <= LONGEST_TEXT:
            self._text.write(content)

    def endElement(self, name: str) -> None:  # noqa: N802
        self.events += 1
        self._open.pop()
        if self._case is None:
            return
        if name in _ENDS and self._text is not None and self._open[-1] == "testcase":
            self._case.text = self._text.getvalue()
            self._text = None
        elif name == "testcase" and "testcase" not in self._open:
            case = self._case.closed()
            if self._keep is None or self._keep(case):
                self._cases.append(case)
            self._case = None

    def suite(self) -> Suite:
        """Return the suite that has been read.

        Raises
        ------
        JUnitError
            There was no suite.
        """
        if self._suite is None:
            raise JUnitError(f"{self._path}: expected a <testsuites> or <testsuite> report, got no suite")
        return replace(
            self._suite,
            properties=tuple(self._properties),
            cases=tuple(self._cases),
            left_out=self._omissions.sentences(),
        )

    def _start_suite(self, attributes: AttributesImpl) -> None:
        if self._suite is None:
            timestamp = _shorten(attributes.get("timestamp", ""), "a timestamp", self._omissions)
            hostname = _shorten(attributes.get("hostname", ""), "a host name", self._omissions)
            self._suite = Suite(timestamp, hostname, None, (), ())
        if self._open.count("testsuite") == 1:  # a suite's time includes that of the suites in it
            time_s = _seconds(attributes, "a testsuite", self._omissions)
            if time_s is not None:
                self._suite = replace(self._suite, time_s=time_s + (self._suite.time_s or 0.0))

    def _add_property(self, attributes: AttributesImpl, owner: str) -> None:
        if owner == "testcase" and self._case is not None:
            properties, location = self._case.properties, self._case.location
        elif owner == "testsuite":
            properties, location = self._properties, "the testsuite"
        else:
            return
        if len(properties) >= MOST_PROPERTIES:
            self._omissions.add(f"{location}: properties after the first {MOST_PROPERTIES}")
            return
        name = _shorten(attributes.get("name", ""), f"{location}: a property's name", self._omissions)
        value = attributes.get("value", "")
        properties.append((name, _shorten(value, f"{location}: property {name}", self._omissions)))


class _OpenCase:
    """A test case whose end has not been read."""

    def __init__(self, attributes: AttributesImpl, omissions: Omissions) -> None:
        self._omissions = omissions
        classname = _shorten(attributes.get("classname", ""), "a class name", omissions)
        name = _shorten(attributes.get("name", ""), "a test's name", omissions)
        self.location = f"testcase {classname}::{name}"
        file = _shorten(attributes.get("file", ""), f"{self.location}: file", omissions)
        digits = attributes.get("line", "")
        line = int(digits) if digits.isascii() and digits.isdecimal() and len(digits) < 10 else None
        if digits and line is None:
            omissions.add(f"{self.location}: line: expected a whole number, got {digits!r:.40}")
        time_s = _seconds(attributes, self.location, omissions)
        self._case = Case(classname, name, file, line, time_s, "passed")
        self.text = ""
        self.properties: list[Property] = []

    def ends(self, outcome: Outcome, message: str) -> bool:
        """Set the outcome unless one as severe came before; return True if it was set."""
        if _SEVERITY[outcome] <= _SEVERITY[self._case.outcome]:
            return False
        message = _shorten(message, f"{self.location}: message", self._omissions)
        self._case = replace(self._case, outcome=outcome, message=message)
        return True

    def closed(self) -> Case:
        """Return the complete case."""
        return replace(self._case, text=self.text[:LONGEST_TEXT], properties=tuple(self.properties))


def _seconds(attributes: AttributesImpl, location: str, omissions: Omissions) -> float | None:
    text = attributes.get("time")
    return None if text is None else omissions.finite_number(text, f"{location}: time", "seconds")


def _shorten(text: str, subject: str, omissions: Omissions) -> str:
    if len(text) <= LONGEST_TEXT:
        return text
    omissions.add(f"{subject}: what follows its first {LONGEST_TEXT:,} characters")
    return text[:LONGEST_TEXT]
