"""Text that would break a table or an XML file arrives as text; for the page see ``browser/test_hostile_page.py``."""

import json

import pytest

from pytest_claims.junit.reader import read_suite

STATEMENT = (
    "<script>document.title = 'owned'</script> \"double\" 'single' & <b>bold</b> "
    "| pipe `code` *star* \x00\x1b[31m \ud83d\ude80".encode("utf-16", "surrogatepass").decode("utf-16")
)
ARRIVED = STATEMENT.replace("\x00", "#x00").replace("\x1b", "#x1B")


@pytest.fixture
def hostile(project):
    project.claims(
        f"""
        from pytest_claims import Estimate, claim
        from above import Above

        STATEMENT = {STATEMENT!r}

        @claim("hostile", STATEMENT, rule=Above(1.0), needs=("mean",), source=STATEMENT)
        def test_hostile(evidence, verdict):
            verdict.decide(Estimate(STATEMENT, evidence.mean, 3))
        """
    )
    project.evidence("numbers('high', 2, 3, 4), numbers('<i> \"q\" ü', -2, -3, -4)")
    project.run().assert_outcomes(passed=1, failed=1)
    return project


def test_xml_and_json_keep_every_character_that_xml_can_hold(hostile):
    suite = read_suite(hostile.folder / "junit.xml")
    assert {dict(case.properties)["claim.statement"] for case in suite.cases} == {ARRIVED}
    claims = json.loads((hostile.folder / "ledger.json").read_text(encoding="utf-8"))["claims"]
    assert [entry["statement"] for entry in claims] == [ARRIVED] * 2


def test_markdown_shows_it_as_text(hostile):
    text = (hostile.folder / "ledger.md").read_text(encoding="utf-8")
    assert "<script>" not in text
    assert r"\<script\>" in text
    assert r"\| pipe \`code\` \*star\*" in text
    assert "\x1b" not in text


def test_texts_of_any_length_are_cut_and_say_by_how_much(project):
    project.evidence("numbers('high', 2, 3, 4)")
    project.claims(
        """
        from pytest_claims import Estimate, claim
        from above import Above

        LONG = 17 * 2**20

        @claim("long", "s" * LONG, rule=Above(1.0), needs=("mean",))
        def test_long(evidence, verdict):
            verdict.decide(Estimate("x" * LONG, evidence.mean, 3))

        def test_plain():
            raise ValueError("begins " + "\\x00" * LONG + " ends")
        """
    )
    project.run("--tb=no", "-rN").assert_outcomes(passed=1, failed=1)
    assert (project.folder / "junit.xml").stat().st_size < 3_000_000
    (entry,) = project.ledger()["claims"]
    cut = f"{17 * 2**20 - 99_900:,} characters cut"
    assert cut in entry["statement"]
    assert cut in entry["statistic"]
    assert project.ledger()["left_out"] == []
    plain = next(case for case in read_suite(project.folder / "junit.xml").cases if case.name == "test_plain")
    assert plain.message.startswith("ValueError: begins #x00#x00") is False
    assert "characters cut" in plain.message
