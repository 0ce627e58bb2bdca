"""The first screen of the reference ledger: five answers in words, and the same as a drawing."""

from __future__ import annotations

import io
import re
import shutil

import pytest
from pypdf import PdfReader

from pytest_claims.rendering.html import as_html

from ..reference_ledger import PATH, reference_document, reference_ledger
from .test_look import axe_faults

SIZES = {1440: 900, 1024: 768, 390: 844}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The page, and one whose judgements open from its data alone, beside the figures."""
    folder = tmp_path_factory.mktemp("reference")
    shutil.copytree(PATH.parent / "figures", folder / "figures")
    ledger = reference_ledger()
    (folder / "ledger.html").write_text(as_html(ledger), encoding="utf-8")
    (folder / "short.html").write_text(as_html(ledger, most_listed=0), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def path(folder):
    return folder / "ledger.html"


@pytest.fixture(scope="module")
def headlines():
    """Judgements of headline claims that stand for themselves."""
    return [c for c in reference_document()["claims"] if c["headline"] and not c["pooled_in"]]


def text_on_first_screen(page):
    """All text whose box lies within the window, without scrolling."""
    text = page.evaluate(
        """() => {
            const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), range = document.createRange();
            const parts = [];
            while (walker.nextNode()) {
                range.selectNodeContents(walker.currentNode);
                const box = range.getBoundingClientRect();
                if (box.width && box.top >= 0 && box.bottom <= innerHeight) parts.push(walker.currentNode.textContent);
            }
            return parts.join(' ');
        }"""
    )
    return re.sub(r"\s+", " ", text)


def test_five_answers_are_read_off_the_first_screen(watched, path, headlines):
    page = watched.open(path, viewport={"width": 1440, "height": 900})
    text = text_on_first_screen(page)
    assert headlines
    for claim in headlines:  # does it hold, and on what
        assert claim["statement"] in text
        assert claim["verdict"] in text
    published = next(claim for claim in headlines if claim["evidence"] == "published")
    low, high = f"{published['ci_low']:.2f}", f"{published['ci_high']:.2f}"
    # How sure.
    assert (
        f"Pearson r = {published['estimate']:.2f}, 95% interval [{low}, {high}], p = {published['p_value']:.2g}, "
        f"N = {published['n']}"
    ) in text
    undecided = [claim for claim in headlines if claim["verdict"] == "inconclusive"]
    for claim in undecided:  # what would decide it
        if claim["needed_n"] is not None:
            assert f"N = {claim['needed_n']} would decide" in text
    # Whose numbers.
    run = reference_document()["run"]
    for claim in headlines:
        assert run.get(f"evidence.{claim['evidence']}.label", claim["evidence"]) in text
    evidence = {claim["evidence"] for claim in reference_document()["claims"]}
    further = sum(int(count) for count in re.findall(r"and (\d+) more", text))
    assert page.locator(".whose .chip").count() + further == len(evidence)
    measured = {
        "published": "published, measured by",
        "on file": "in earlier runs",
        "measured now": "in this run",
    }
    for origin in {run[name] for name in run if name.endswith(".origin")}:
        assert measured[origin] in text.lower()
    assert f"{sum(reference_document()['findings'].values())} findings" in text


def test_no_run_is_named_as_the_original_study(watched, path):
    page = watched.open(path, viewport={"width": 1440, "height": 900})
    names = page.locator(".forest .label, .whose .chip, #matrix thead th").all_text_contents()
    assert any("original" in name for name in names)
    assert [name for name in names if "original" in name and "recipe “original”" not in name] == []


def test_the_forest_draws_each_judgement_where_its_numbers_are(watched, path, headlines):
    page = watched.open(path, viewport={"width": 1440, "height": 900})
    # The one whose evidence is not pooled, so that all are squares of one size.
    published = next(claim["id"] for claim in headlines if claim["evidence"] == "published")
    forest = page.locator(".forest").nth(list(dict.fromkeys(c["id"] for c in headlines)).index(published))
    same = [claim for claim in headlines if claim["id"] == published]
    assert forest.locator("svg .label").count() == len(same)
    # The axis goes from -1 to 1 over 464 units.
    drawn = [
        float(x) + 4
        for x in forest.locator("rect.estimate").evaluate_all("all => all.map(e => e.getAttribute('x'))")
    ]
    assert drawn == pytest.approx([8 + 464 * (claim["estimate"] + 1) / 2 for claim in same], abs=0.1)
    ends = forest.locator("line.interval").evaluate_all(
        "all => all.map(e => [e.getAttribute('x1'), e.getAttribute('x2')])"
    )
    expected = [[8 + 464 * (claim[end] + 1) / 2 for end in ("ci_low", "ci_high")] for claim in same]
    assert [[float(x) for x in pair] for pair in ends] == [pytest.approx(pair, abs=0.1) for pair in expected]
    title = forest.locator("title").first.text_content()
    assert title == f"Forest plot: {same[0]['statement']}"
    described = forest.locator("desc").first.text_content()
    assert all(f"{claim['verdict']} {claim['estimate']:.2f}" in described for claim in same)
    rows = forest.locator("tbody tr")
    assert rows.count() == len(same)
    assert "[-0.91, -0.05]" in rows.first.text_content()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", SIZES)
def test_axe_finds_no_fault_at_any_width(watched, folder, width, theme):
    page = watched.open(
        folder / "short.html",
        color_scheme=theme,
        bypass_csp=True,
        viewport={"width": width, "height": SIZES[width]},
    )
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.locator(".forest summary").first.click()
    # One question's rows stand for the others', which are made alike.
    page.evaluate("document.querySelectorAll('#matrix tbody ~ tbody').forEach(group => group.remove())")
    assert axe_faults(page) == []


def test_without_a_script_the_answers_and_all_verdicts_are_there(watched, path, headlines):
    page = watched.open(path, viewport={"width": 1440, "height": 900}, java_script_enabled=False)
    assert headlines[0]["statement"] in page.locator("#summary").inner_text()
    assert page.locator("#matrix td a").count() == len(reference_document()["claims"])
    assert page.locator(".script:visible, #fold:visible").count() == 0


def test_a_print_has_a_few_pages(watched, path):
    document = PdfReader(io.BytesIO(watched.open(path).pdf(format="A4")))
    text = "\n".join(page.extract_text() for page in document.pages)
    assert "In short" in text
    assert "Findings that are decided" in text
    assert len(document.pages) <= 14
