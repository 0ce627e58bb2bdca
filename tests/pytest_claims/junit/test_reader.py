"""Reading reports that somebody else wrote, cut off, damaged or meant to do harm."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_claims.junit.reader import MIB, MOST_PROPERTIES, parse_suite, read_suite
from pytest_claims.junit.suite import LONGEST_TEXT, Case, JUnitError, Suite
from pytest_claims.junit.writer import to_xml
from pytest_claims.ledger.reader import ledger_of
from pytest_claims.rendering.documents import render_documents

from ..made_reports import made_case, made_report

BOMB = b"""<?xml version="1.0"?>
<!DOCTYPE testsuites [
 <!ENTITY a "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa">
 <!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">
 <!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">
 <!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;">
 <!ENTITY e "&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;">
]>
<testsuites><testsuite name="&e;"/></testsuites>"""
EXTERNAL = b"""<?xml version="1.0"?>
<!DOCTYPE testsuites [<!ENTITY passwd SYSTEM "file:///etc/passwd">]>
<testsuites><testsuite name="&passwd;"/></testsuites>"""
EXTERNAL_TYPE = (
    b'<!DOCTYPE testsuites SYSTEM "http://evil.example/x.dtd"><testsuites><testsuite/></testsuites>'
)


def read(document: bytes) -> Suite:
    return parse_suite(document, "given.xml")


def suite(inside: str = "", attributes: str = "") -> bytes:
    return f"<testsuites><testsuite {attributes}>{inside}</testsuite></testsuites>".encode()


@pytest.mark.parametrize(
    "document", [BOMB, EXTERNAL, EXTERNAL_TYPE], ids=["bomb", "external", "external type"]
)
def test_document_types_are_refused(document):
    with pytest.raises(JUnitError, match=r"^given\.xml: expected a JUnit report, which has no document type"):
        read(document)


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (b"", "expected a complete JUnit XML file: it is empty"),
        (b"   \n", "expected a complete JUnit XML file: no element found"),
        (b"<testsuite>", "expected a complete JUnit XML file: "),
        (b"<testsuite/>junk", "expected a complete JUnit XML file: junk after document element: line 1, column 12"),
        (b"<testsuite a='1' a='2'/>", "expected a complete JUnit XML file: duplicate attribute"),
        (b"<testsuite>&nbsp;</testsuite>", "expected a complete JUnit XML file: undefined entity"),
        (b"<html><body/></html>", "expected a <testsuites> or <testsuite> report, got <html>"),
        (b"<testsuites/>", "expected a <testsuites> or <testsuite> report, got no suite"),
        (b"PK\x03\x04 zip", "expected a complete JUnit XML file: "),
        (b"\x1f\x8b gzip", "expected a complete JUnit XML file: "),
        (b'{"json": 1}', "expected a complete JUnit XML file: "),
        (suite("<testcase name='\xe9'/>").replace("\xe9".encode(), b"\xe9"), "expected a complete JUnit XML file: not well-formed"),
        (b"<?xml version='1.0' encoding='klingon'?><testsuite/>", "expected a complete JUnit XML file: "),
        (b"<?xml version='1.0' encoding='utf-7'?><testsuite/>", "expected a complete JUnit XML file: "),
        (suite("<testcase name='\x00'/>"), "expected a complete JUnit XML file: not well-formed"),
        (b"<a>" * 100, "expected a <testsuites> or <testsuite> report, got <a>"),
        (suite("<a>" * 100 + "</a>" * 100), "expected tags at most 50 deep in each other"),
    ],
)  # fmt: skip
def test_what_is_no_report_is_one_clear_error(document, said):
    with pytest.raises(JUnitError) as caught:
        read(document)
    assert str(caught.value).startswith(f"given.xml: {said}")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-1", "utf-8-sig"])
def test_encodings_that_are_declared_are_read(encoding):
    text = "<testsuite><testcase name='h\xe9'/></testsuite>"
    name = "utf-8" if encoding == "utf-8-sig" else encoding
    document = f"<?xml version='1.0' encoding='{name}'?>{text}".encode(encoding)
    assert read(document).cases[0].name == "h\xe9"


def test_a_file_that_is_not_there_or_is_a_folder(tmp_path):
    with pytest.raises(JUnitError, match=r"absent\.xml: expected a file that can be read: no such file"):
        read_suite(tmp_path / "absent.xml")
    with pytest.raises(JUnitError, match="expected an ordinary file, this is a directory"):
        read_suite(tmp_path)


def test_suites_in_suites_and_beside_each_other_are_one():
    inner = "<testsuite time='1'><testcase name='a'/></testsuite>"
    document = (
        f"<testsuites><testsuite time='2' timestamp='now'>{inner}<testcase name='b'/></testsuite>"
        f"<testsuite time='3'><properties><property name='p' value='1'/></properties></testsuite></testsuites>"
    ).encode()
    found = read(document)
    assert [case.name for case in found.cases] == ["a", "b"]
    assert found.time_s == 5
    assert found.timestamp == "now"
    assert found.properties == (("p", "1"),)


def test_what_other_programs_put_into_a_report_is_passed_over():
    found = read(
        suite(
            "<testcase name='a'><properties><property name='p'><![CDATA[x]]></property></properties><system-out>&lt;</system-out>"
            "<rerunFailure message='m'/><failure>one<x>two</x>three</failure><failure message='second'/></testcase>"
            "<system-err>text</system-err><property name='stray' value='1'/><?pi?><!-- comment --><x:y xmlns:x='z'/>"
        )
    )
    (case,) = found.cases
    assert (case.outcome, case.text, case.properties) == ("failed", "onetwothree", (("p", ""),))
    assert found.properties == ()


def test_an_error_counts_more_than_a_failure_and_a_failure_more_than_a_skip():
    found = read(
        suite(
            "<testcase><error message='e'/><failure message='f'/><skipped/></testcase><testcase><skipped/><failure message='f'/></testcase>"
        )
    )
    assert [(case.outcome, case.message) for case in found.cases] == [("error", "e"), ("failed", "f")]


def test_numbers_that_are_none_are_left_out_and_said_to_be():
    found = read(
        suite(
            "<testcase name='a' time='1,5' line='x'/><testcase name='b' time='nan' line='-1'/>", "time='soon'"
        )
    )
    assert [(case.time_s, case.line) for case in found.cases] == [(None, None)] * 2
    assert found.time_s is None
    assert found.left_out == (
        "a testsuite: time: expected seconds, got 'soon'",
        "testcase ::a: line: expected a whole number, got 'x'",
        "testcase ::a: time: expected seconds, got '1,5'",
        "testcase ::b: line: expected a whole number, got '-1'",
        "testcase ::b: time: expected seconds, got 'nan'",
    )


def test_long_texts_and_long_lists_are_cut_and_said_to_be():
    properties = "".join(f"<property name='p{i}' value='1'/>" for i in range(MOST_PROPERTIES + 5))
    long = "x" * (LONGEST_TEXT + 1)
    found = read(
        suite(
            f"<testcase name='a'><properties>{properties}</properties></testcase><testcase name='{long}'><failure message='{long}'>{long}</failure></testcase>"
        )
    )
    assert len(found.cases[0].properties) == MOST_PROPERTIES
    assert {len(text) for text in (found.cases[1].name, found.cases[1].message, found.cases[1].text)} == {
        LONGEST_TEXT
    }
    assert found.left_out[0] == f"testcase ::a: properties after the first {MOST_PROPERTIES}"
    assert found.left_out[1] == "a test's name: what follows its first 100,000 characters"


def test_the_limit_of_size_is_an_option_and_an_error_that_names_it(tmp_path):
    path = tmp_path / "junit.xml"
    path.write_bytes(suite("<testcase name='a'/>" + " " * MIB))
    with pytest.raises(JUnitError, match=r"junit\.xml: expected at most 1 MiB, got more; --limit-mib allows"):
        read_suite(path, limit_mib=1)
    assert len(read_suite(path, limit_mib=2).cases) == 1


def test_a_tag_without_end_is_refused_before_it_takes_long(tmp_path):
    path = tmp_path / "junit.xml"
    path.write_bytes(suite(f"<testcase name='{'x' * 40 * MIB}'/>"))
    with pytest.raises(JUnitError, match="expected tags of at most 16 MiB, got a longer one"):
        read_suite(path)


MEASURED = """
import resource, sys
from pathlib import Path
from pytest_claims.ledger.reader import read_ledger
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
ledger = read_ledger(Path(sys.argv[1]))
print(len(ledger.entries), (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


def test_two_hundred_megabytes_are_read_in_bounded_memory(tmp_path):
    """A claim, and beside it 200 MB of ordinary tests with what they printed."""
    path = tmp_path / "junit.xml"
    document = made_report(made_case())
    start, end = document.split(b"</testsuite>")
    printed = b"a line of what an ordinary test printed, again and again and again and again\n" * 12_000
    ordinary = (
        b"<testcase classname='m' name='t' time='0.1'><system-out>" + printed + b"</system-out></testcase>\n"
    )
    with path.open("wb") as file:
        file.write(start)
        for _ in range(200_000_000 // len(ordinary) + 1):
            file.write(ordinary)
        file.write(b"</testsuite>" + end)
    assert path.stat().st_size > 200_000_000
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, str(path)], capture_output=True, text=True, check=True
    )
    entries, grown_mib = map(int, done.stdout.split())
    assert entries == 1
    assert grown_mib < 64


def test_a_case_that_is_not_wanted_is_not_kept():
    cases = (made_case(), Case("m", "ordinary", "m.py", 1, 0.1, "failed", "no", "no" * 100))
    found = parse_suite(made_report(*cases), "given.xml", keep=lambda case: case.name != "ordinary")
    assert [case.name for case in found.cases] == [cases[0].name]


@given(st.data())
def test_whatever_is_done_to_its_bytes_a_report_makes_a_ledger_or_is_refused(data):
    """Mutations of a report: only JUnitError or a ledger that can be shown ever comes out."""
    document = bytearray(made_report(made_case(), made_case("other", verdict="error", source="\u2028 & <")))
    for _ in range(data.draw(st.integers(1, 8))):
        place = data.draw(st.integers(0, len(document)))
        kind = data.draw(st.sampled_from(["flip", "cut", "insert", "repeat", "drop"]))
        if kind == "flip" and place < len(document):
            document[place] = data.draw(st.integers(0, 255))
        elif kind == "cut":
            del document[place:]
        elif kind == "insert":
            document[place:place] = data.draw(st.sampled_from(PIECES) | st.binary(max_size=8))
        else:
            end = min(len(document), place + data.draw(st.integers(1, 200)))
            document[place:end] = document[place:end] * 2 if kind == "repeat" else b""
    try:
        found = read(bytes(document))
    except JUnitError:
        return
    assert to_xml(found)
    ledger = ledger_of(found)
    assert len(json.loads(render_documents(ledger)["ledger.json"])["claims"]) == len(ledger.entries)


PIECES = [
    b"<", b">", b"&", b"]]>", b"<![CDATA[", b"<!--", b"-->", b"<?", b"\x00", b"\xff\xfe", b"<!DOCTYPE x>", b"&#0;", b"&#x110000;",
    b"<testcase>", b"</testcase>", b"<testsuite>", b"</testsuites>", b"<property name='claim.id' value=''/>", b"'", b'"', b"<error/>",
]  # fmt: skip
