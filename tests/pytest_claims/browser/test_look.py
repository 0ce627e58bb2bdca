"""How pages look: at any width and in both themes, for people who see little, and on paper."""

from __future__ import annotations

import io
import json

import pytest
from axe_playwright_python.sync_playwright import Axe
from matplotlib.figure import Figure
from pypdf import PdfReader

from pytest_claims.core.figures import save_figure
from pytest_claims.ledger.comparison import compare
from pytest_claims.ledger.history import history_of
from pytest_claims.ledger.reader import ledger_of
from pytest_claims.rendering.comparison import comparison_as_html
from pytest_claims.rendering.history import history_as_html
from pytest_claims.rendering.html import as_html

from ..made_reports import made_case, made_suite, made_unjudged

WIDTHS = (360, 390, 1024, 1440)
VERDICTS = ("supported", "refuted", "inconclusive", "uninformative", "error")
LONG = "averyveryverylongnamethatnobodybreaks" * 3


def suite(evidences=3, shift=0, **changed):
    evidence = [f"model-{number}-seed42" for number in range(evidences - 1)] + [LONG]
    return made_suite(
        *(
            made_case(
                claim, name, VERDICTS[(row + column + shift) % 5], 0.3 * column - 0.5 + 0.3 * shift, 0.2,
                source="https://example.org/paper", record="on record as supported", figure=figure, figures_at=LONG, registration="9f" * 32,
                rule_change="0a" * 20 + " 2026-02-20T10:00:00+00:00", **changed,
            )
            for row, claim in enumerate(["rain-sells-umbrellas", "wind-breaks-umbrellas", "snow-does-neither", LONG])
            for column, name in enumerate(evidence)
            for figure in ["figures/rain.png" if (row, column) == (0, 0) else None]
        ),
        made_case("left-out", verdict="maybe"),
        made_unjudged(LONG, LONG, "deselected", LONG),
        made_unjudged("misspelt", "", "unfed", "no evidence has 'rain'; did you mean 'rain_mm'?"),
        **{"claims.partial": "1 known judgement was not run (1 deselected)"},
    )  # fmt: skip


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """Every kind of page, with a figure beside it."""
    folder = tmp_path_factory.mktemp("pages")
    figure = Figure()
    figure.subplots().plot([0, 1], [1, 0])
    save_figure(figure, folder, "rain")
    old, new = ledger_of(suite()), ledger_of(suite(shift=1, rule="another rule", evidence_sha256="ab" * 32))
    for name, page in {
        "ledger": as_html(old),
        "wide": as_html(ledger_of(suite(20)), most_listed=0),
        "comparison": comparison_as_html(compare(old, new), "old.xml", "new.xml"),
        "history": history_as_html(history_of({"old.xml": old, "new.xml": new})),
    }.items():
        (folder / f"{name}.html").write_text(page, encoding="utf-8")
    return folder


@pytest.fixture(scope="module", params=["ledger", "wide", "comparison", "history"])
def kind(request):
    return request.param


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_has_no_fault_that_axe_finds_and_fits_every_width(watched, pages, kind, theme):
    """WCAG 2.2 A and AA, contrast included; and nothing scrolls sideways but tables in boxes of their own."""
    page = watched.open(pages / f"{kind}.html", color_scheme=theme, bypass_csp=True)
    faults = axe_faults(page)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, width
    if kind in ("ledger", "wide"):
        page.locator("#matrix td[class]").first.click()
        page.wait_for_selector("dialog[open] article")
        faults += axe_faults(page)
        page.set_viewport_size({"width": WIDTHS[0], "height": 800})
        assert page.evaluate("document.querySelector('dialog').scrollWidth") <= WIDTHS[0]
    assert faults == []


def axe_faults(page):
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    # Off the screen, cells are not drawn, and what is not drawn has no colour.
    page.add_style_tag(content="* { content-visibility: visible !important }")
    found = Axe().run(page, options={"runOnly": tags})
    return [
        (fault["id"], node["target"], node["any"][0]["message"] if node["any"] else "")
        for fault in found.response["violations"]
        for node in fault["nodes"][:3]
    ]


def test_figures_are_shown_and_open_their_drawing(watched, pages):
    page = watched.open(pages / "ledger.html")
    image = page.locator(".list img")
    image.scroll_into_view_if_needed()
    assert image.evaluate("i => i.decode().then(() => i.naturalWidth)") > 100
    assert image.evaluate("i => i.parentElement.getAttribute('href')") == "figures/rain.png"
    page.locator("#matrix td[class]").first.click()
    assert page.locator("dialog img").evaluate("i => i.decode().then(() => i.naturalWidth)") > 100


def test_a_figure_that_is_not_there_is_said_to_be_missing(watched, pages, tmp_path):
    (tmp_path / "alone.html").write_bytes((pages / "ledger.html").read_bytes())
    page = watched.open(tmp_path / "alone.html")
    page.locator(".list .missing").scroll_into_view_if_needed()
    said = page.locator(".list .missing").inner_text()
    assert said == "The figure figures/rain.png is not beside this page."
    assert page.locator(".list img").count() == 0
    failed = [
        trouble for trouble in watched.troubles if "rain.png" in trouble or "ERR_FILE_NOT_FOUND" in trouble
    ]
    assert failed == watched.troubles
    watched.troubles.clear()


def printed(page):
    return PdfReader(io.BytesIO(page.pdf(format="A4")))


def test_on_paper_are_the_summary_the_matrix_and_the_findings_on_a_few_pages(watched, pages):
    document = printed(watched.open(pages / "ledger.html"))
    text = "\n".join(page.extract_text() for page in document.pages)
    for words in (
        "Ledger of claims",
        "In short",
        "What snow-does-neither says.",
        "Findings that are decided",
    ):
        assert words in text
    assert len(document.pages) <= 5
    assert "Arrow keys" not in text
    assert "Show all" not in text
    assert "determined by" not in text, "judgements are printed one by one"


def test_on_paper_is_what_the_filter_shows(watched, pages):
    document = printed(watched.open(pages / "ledger.html", "#text=snow"))
    text = "\n".join(page.extract_text() for page in document.pages)
    assert "What snow-does-neither says." in text
    assert "What rain-sells-umbrellas says." not in text


def test_an_opened_judgement_is_printed_alone(watched, pages):
    page = watched.open(pages / "wide.html")
    page.locator("#matrix td[class]").nth(2).click()
    page.wait_for_selector("dialog[open] article")
    document = printed(page)
    text = "\n".join(page.extract_text() for page in document.pages)
    assert "What rain-sells-umbrellas says." in text
    assert "What snow-does-neither says." not in text


def test_rows_and_cells_are_told_to_assistive_technology(watched, pages):
    """Rows drawn as CSS grids must still be rows of a table to a screen reader."""
    page = watched.open(pages / "ledger.html")
    page.locator("#matrix").scroll_into_view_if_needed()
    client = page.context.new_cdp_session(page)
    for _ in range(300):
        nodes = client.send("Accessibility.getFullAXTree")["nodes"]
        roles = [node["role"]["value"] for node in nodes if not node["ignored"]]
        if roles.count("gridcell") == 12:
            break
        # Rows whose turn to be drawn has not come are not told yet.
        page.wait_for_timeout(100)
    assert roles.count("grid") == 1
    assert roles.count("gridcell") == 12
    assert roles.count("columnheader") >= 4
    assert roles.count("rowheader") >= 4
    names = [
        node["name"]["value"] for node in nodes if not node["ignored"] and node["role"]["value"] == "link"
    ]
    assert "supported -0.50 [-0.70, -0.30]" in names, json.dumps(names)
