import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_claims.junit.reader import parse_suite, read_suite
from pytest_claims.junit.suite import LONGEST_TEXT, Case, JUnitError, Suite
from pytest_claims.junit.writer import to_xml

IN_XML = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="￾￿"), max_size=30
)
SECONDS = st.floats(0, 1e5).map(lambda seconds: round(seconds, 3))
CASES = st.builds(
    Case,
    classname=IN_XML,
    name=IN_XML,
    file=IN_XML,
    line=st.none() | st.integers(0, 10**6),
    time_s=SECONDS,
    outcome=st.sampled_from(["failed", "error", "skipped", "xfailed"]),
    message=IN_XML,
    text=IN_XML,
    properties=st.lists(st.tuples(IN_XML, IN_XML), max_size=4).map(tuple),
)


@given(
    st.builds(
        Suite,
        timestamp=IN_XML,
        hostname=IN_XML,
        time_s=SECONDS,
        properties=st.lists(st.tuples(IN_XML, IN_XML), max_size=3).map(tuple),
        cases=st.lists(CASES, max_size=4).map(tuple),
    )
)
def test_what_is_written_is_read(tmp_path_factory, suite):
    path = tmp_path_factory.mktemp("junit") / "junit.xml"
    path.write_bytes(to_xml(suite))
    assert read_suite(path) == suite


@given(st.text(max_size=50))
def test_any_text_makes_a_file_that_can_be_read(tmp_path_factory, text):
    case = Case(text, text, text, None, 0.0, "failed", text, text, ((text, text),))
    path = tmp_path_factory.mktemp("junit") / "junit.xml"
    path.write_bytes(to_xml(Suite("", "", 0.0, (), (case,))))
    assert len(read_suite(path).cases) == 1


@given(st.integers(0, 400))
def test_a_cut_report_is_refused(tmp_path_factory, cut):
    case = Case("module", "test_name", "module.py", 3, 0.5, "passed")
    whole = to_xml(Suite("now", "here", 1.0, (("name", "value"),), (case,)))
    path = tmp_path_factory.mktemp("junit") / "junit.xml"
    path.write_bytes(whole[: min(cut, len(whole) - 3)])
    with pytest.raises(JUnitError, match=r"junit\.xml: expected a complete JUnit XML file"):
        read_suite(path)


@given(st.text(st.sampled_from("a\x00&"), min_size=1, max_size=5), st.integers(1, 120_000))
@settings(max_examples=20)
def test_no_text_is_longer_than_readers_take(text, times):
    long = text * times
    case = Case("m", "t", "m.py", 1, 0.1, "failed", long, long, (("claim.reason", long),))
    found = parse_suite(to_xml(Suite("", "", 0.0, (), (case,))), "long.xml")
    assert found.left_out == ()
    (read,) = found.cases
    whole = long.replace("\x00", "#x00")
    for shown in (read.message, read.properties[0][1]):
        assert len(shown) <= LONGEST_TEXT
        assert shown == whole or ("characters cut ...]" in shown and len(whole) > LONGEST_TEXT)
