"""The site of docs/: built without a warning, whole, and independent of any network."""

from __future__ import annotations

import importlib
import json
import os
import re
import subprocess
import sys
from collections import Counter
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest
import yaml

from .documents import PAGES, ROOT, text_of

#: Pages of the API, with the packages whose public names each lists.
LISTED = {
    "manylora": ("manylora",),
    "marker_coupling": ("marker_coupling.analysis",),
    "pytest_claims": ("pytest_claims", "pytest_claims.statistics"),
}
_LOADED = {("img", "src"), ("link", "href"), ("script", "src"), ("source", "src"), ("iframe", "src")}


class Elements(HTMLParser):
    """The ids of a page, its links, and the addresses that it loads."""

    def __init__(self) -> None:
        super().__init__()
        self.ids, self.links, self.loaded = set(), [], []

    def handle_starttag(self, tag, attrs):
        for name, value in attrs:
            if name == "id":
                self.ids.add(value)
            elif (tag, name) == ("a", "href"):
                self.links.append(value)
            elif (tag, name) in _LOADED:
                self.loaded.append(value)


@cache
def elements(path: Path) -> Elements:
    parser = Elements()
    parser.feed(path.read_text(encoding="utf-8"))
    return parser


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The site, built as contributors and CI build it, into another folder."""
    folder = tmp_path_factory.mktemp("site")
    mkdocs = Path(sys.executable).with_name("mkdocs")
    done = subprocess.run(
        [mkdocs, "build", "--strict", "--quiet", f"--site-dir={folder}"],
        cwd=ROOT, capture_output=True, text=True, check=False, env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    return folder


@pytest.fixture(scope="module")
def pages(site):
    return [path for path in site.rglob("*.html") if path.name != "404.html"]


def test_every_page_is_in_it_and_in_its_navigation(site):
    navigation = (ROOT / "mkdocs.yml").read_text(encoding="utf-8").partition("\nnav:")[2]
    for path in PAGES:
        name = path.relative_to(ROOT / "docs").with_suffix("")
        assert (site / f"{name}.html").is_file()
        assert f" {name}.md" in navigation
    assert not list(site.rglob("*.pyc")) + list(site.rglob("_hooks"))


def test_every_link_and_figure_leads_somewhere(pages):
    broken = []
    for page in pages:
        for address in (*elements(page).links, *elements(page).loaded):
            if re.match(r"[a-z]+:", address) or address in ("", "."):
                continue
            path, _, anchor = unquote(address).partition("#")
            target = (page.parent / path).resolve() if path else page
            target = target / "index.html" if target.is_dir() else target
            lacks_anchor = anchor and target.suffix == ".html" and anchor not in elements(target).ids
            if not target.is_file() or (lacks_anchor and "=" not in anchor and anchor != "__codelineno"):
                broken.append((page.name, address))
    assert broken == []


def test_nothing_is_loaded_from_elsewhere(pages):
    loaded = {address for page in pages for address in elements(page).loaded}
    assert len(loaded) > 10
    assert {address for address in loaded if re.match(r"(https?:)?//", address)} == set()


@pytest.mark.parametrize(("page", "packages"), LISTED.items())
def test_the_api_lists_exactly_the_public_names(site, page, packages):
    text = (site / "api" / f"{page}.html").read_text(encoding="utf-8")
    shown = Counter(address.rpartition(".")[2] for address in re.findall(r'<h3 id="([\w.]+)"', text))
    listed = Counter(name for package in packages for name in importlib.import_module(package).__all__)
    written = re.findall(r"^::: [\w.]+\.(\w+)$", text_of(ROOT / f"docs/api/{page}.md"), flags=re.M)
    assert shown == listed + Counter(written)
    assert "doc-symbol-module" not in text


def test_docstrings_are_shown_as_they_are_meant(site):
    for page in LISTED:
        text = (site / "api" / f"{page}.html").read_text(encoding="utf-8")
        assert not re.search(r":[a-z]+:<code>|<autoref|``", text)
        # A parameter's description is text: behind the dash, not in place of the type.
        assert not re.search(r"\)\s*\u2013\s*</li>", re.sub(r"</?(?:p|div)[^>]*>", "", text))


def test_figures_on_record_are_shown(site):
    shown = [
        address
        for page in ("index", "another-model", "adjudication")
        for address in elements(site / f"{page}.html").loaded
    ]
    figures = {Path(address).name for address in shown if "reports/reference/ledger/figures" in address}
    assert figures == {path.name for path in (ROOT / "reports/reference/ledger/figures").glob("*.png")}


@pytest.mark.parametrize("folder", ["ledger", "smollm2-135m/original", "smollm2-135m/on-policy"])
def test_ledgers_on_record_are_pages_that_say_what_the_files_say(site, folder):
    page = (site / folder / "index.html").read_text(encoding="utf-8")
    recorded = json.loads((ROOT / "reports/reference" / folder / "ledger.json").read_text(encoding="utf-8"))
    assert page.lower().startswith("<!doctype html")
    assert all(claim["id"] in page for claim in recorded["claims"])
    assert recorded["run"]["started"][:10] in page


def test_the_reference_ledger_is_linked_from_the_page_on_reading_and_the_navigation(site):
    assert elements(site / "reading-a-ledger.html").links.count("ledger/index.html") >= 2
    assert "ledger/index.html" in elements(site / "own-table.html").links


def test_the_configuration_names_no_host():
    text = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    assert "://" not in text
    configuration = yaml.load(re.sub(r"!\w+", "", text), Loader=yaml.SafeLoader)
    assert configuration["theme"]["font"] is False
    assert "analytics" not in text


def test_a_word_is_found_without_a_server(chromium, site):
    page = chromium.page()
    page.goto((site / "index.html").as_uri())
    page.locator("input.md-search__input").click()
    page.keyboard.type("Holm")
    page.locator(".md-search-result__link[href*=reading-a-ledger]").first.wait_for()
    page.close()


@pytest.mark.parametrize("width", [390, 1440])
def test_pages_fit_their_width_and_ask_for_nothing_else(chromium, site, width):
    page = chromium.page(viewport={"width": width, "height": 900})
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    for name in ("index", "base-models", "architecture", "api/pytest_claims"):
        page.goto((site / f"{name}.html").as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name
    page.close()
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
