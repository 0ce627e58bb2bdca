"""A real Chromium, and pages that are watched: an error or a request that leaves the page fails the test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pytest_claims.junit.suite import Suite
from pytest_claims.ledger.reader import ledger_of
from pytest_claims.rendering.html import as_html

from ...chromium import Contexts


class Watched:
    """Opens pages and keeps what they should not do."""

    def __init__(self, contexts: Contexts) -> None:
        self._contexts = contexts
        self._pages = []
        self.troubles: list[str] = []
        self.requests: list[str] = []

    def open(self, path: Path, address: str = "", **options):
        """Open a file; ``address`` is what follows the file's name, ``options`` those of a browser context."""
        page = self._contexts.page(**options)
        self._pages.append(page)
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.troubles.append(f"error: {error}"))
        page.on(
            "dialog", lambda dialog: (self.troubles.append(f"dialog: {dialog.message}"), dialog.dismiss())
        )
        page.on("popup", lambda popup: self.troubles.append(f"popup: {popup.url}"))
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("requestfailed", lambda request: self.troubles.append(f"request failed: {request.url:.200}"))
        page.goto(path.as_uri() + address)
        return page

    def goto(self, page, address: str) -> None:
        """Change what follows the file's name in the address of an open page."""
        page.evaluate("address => { location.hash = address }", address)
        page.evaluate("() => new Promise(done => requestAnimationFrame(() => setTimeout(done)))")

    def _console(self, message) -> None:
        if message.type in ("error", "warning"):
            self.troubles.append(f"console: {message.text}")

    def close(self) -> None:
        for page in self._pages:
            page.close()


@pytest.fixture
def watched(chromium) -> Iterator[Watched]:
    """A browser that fails the test if a page it opened had an error or asked for anything but local files."""
    watching = Watched(chromium)
    yield watching
    watching.close()
    assert watching.troubles == []
    assert [url for url in watching.requests if not url.startswith(("file:", "data:"))] == []


@pytest.fixture
def ledger_page(tmp_path) -> Callable[..., Path]:
    """Write the page of a run to a folder of its own."""

    def write(suite: Suite, **options) -> Path:
        path = tmp_path / "ledger.html"
        path.write_text(as_html(ledger_of(suite), **options), encoding="utf-8")
        return path

    return write
