"""Text that would break a page, a table or an XML file arrives as text."""

import json
import shutil

import pytest

from pytest_claims.junit_reader import read_suite

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


def test_a_browser_shows_it_as_text_and_runs_nothing(hostile):
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("needs a Chromium on the PATH")
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page()
        page.goto((hostile.folder / "ledger.html").as_uri())
        assert page.title() == "Ledger of claims"
        assert page.locator("script").count() == 0
        quoted = page.locator("blockquote").all_text_contents()
        assert page.locator("#verdicts tbody tr").count() == 2
        page.locator("#verdicts a").first.click()
        assert page.url.endswith("#entry-1")
        browser.close()
    assert quoted == [ARRIVED] * 2
