"""JUnit XML of the family ``xunit1``, written from a run's test cases; :mod:`.reader` reads it back.

pytest's own writer puts test cases in the order in which they ended and has no way to add suite
properties from several processes; a ledger must be the same file however many processes ran. A test
compares the two writers.
"""

from __future__ import annotations

import functools
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable

from pytest_claims.junit.properties import Property
from pytest_claims.junit.suite import LONGEST_TEXT, Suite

# Not in XML 1.0, see https://www.w3.org/TR/xml/#charsets; the surrogates are not characters.
_NOT_IN_XML = re.compile(r"[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufdcf\ufdf0-\ufffd\U00010000-\U0010ffff]")
#: Characters of what a test printed on its end, which readers pass over in pieces.
LONGEST_ACCOUNT = 1_000_000


def to_xml(suite: Suite) -> bytes:
    """Return the report as UTF-8 XML.

    Characters that XML cannot hold appear as ``#x1B``. Of a text longer than readers take, beginning and end
    are kept, and it is said how much was cut between them.
    """
    element = ET.Element(
        "testsuite",
        name="pytest",
        errors=str(suite.count("error")),
        failures=str(suite.count("failed")),
        skipped=str(suite.count("skipped", "xfailed")),
        tests=str(len(suite.cases)),
    )
    if suite.time_s is not None:
        element.set("time", f"{suite.time_s:.3f}")
    element.set("timestamp", _escape(suite.timestamp))
    element.set("hostname", _escape(suite.hostname))
    _add_properties(element, suite.properties)
    for case in suite.cases:
        attributes = {"classname": case.classname, "name": case.name, "file": case.file}
        if case.line is not None:
            attributes["line"] = str(case.line)
        if case.time_s is not None:
            attributes["time"] = f"{case.time_s:.3f}"
        child = ET.SubElement(element, "testcase", {k: _escape(v) for k, v in attributes.items()})
        _add_properties(child, case.properties)
        if case.outcome != "passed":
            tag = {"failed": "failure", "error": "error"}.get(case.outcome, "skipped")
            end = ET.SubElement(child, tag, message=_escape(case.message))
            end.text = _escape(case.text, LONGEST_ACCOUNT)
            if tag == "skipped":
                end.set("type", "pytest.xfail" if case.outcome == "xfailed" else "pytest.skip")
        if case.attachments:
            # Each on a line of its own: the form that Jenkins, GitLab and Azure DevOps look for.
            lines = [f"[[ATTACHMENT|{_escape(path)}]]" for path in case.attachments]
            ET.SubElement(child, "system-out").text = "\n".join(lines)
    root = ET.Element("testsuites", name="pytest tests")
    root.append(element)
    ET.indent(root)
    document: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return document + b"\n"


def _add_properties(element: ET.Element, properties: Iterable[Property]) -> None:
    parent = None
    for name, value in properties:
        if parent is None:
            parent = ET.SubElement(element, "properties")
        ET.SubElement(parent, "property", name=_escape(name), value=_escape(value))


def _escape(text: str, longest: int = LONGEST_TEXT) -> str:
    # Cut both before, as the whole may be huge, and after, as what XML cannot hold takes more room.
    escaped = functools.partial(_NOT_IN_XML.sub, lambda match: f"#x{ord(match.group()):02X}")
    legal = escaped(text[: 2 * longest])
    if len(text) <= longest and len(legal) <= longest:
        return legal
    ending = escaped(text[-longest:]) if len(text) > 2 * longest else legal
    half = longest // 2 - 50
    begun, ended = legal[:half], ending[-half:]
    return f"{begun} [... about {max(len(text), len(legal)) - 2 * half:,} characters cut ...] {ended}"
