"""A real Chromium for tests of pages; skipped with a word on how to get one, but never in CI."""

from __future__ import annotations

import os
import shutil

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge")
QUIET = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
MISSING = (
    "needs a Chromium: install one (Debian: apt-get install chromium), or name it in CHROMIUM, "
    "and pip install playwright"
)


def chromium_path() -> str | None:
    """The browser that the variable CHROMIUM names, else one on the PATH."""
    named = os.environ.get("CHROMIUM")
    return shutil.which(named) if named else next(filter(None, map(shutil.which, NAMES)), None)


@pytest.fixture(scope="session")
def chromium():
    """The running browser. Without one, tests are skipped where a person runs them and fail in CI."""
    give_up = pytest.fail if os.environ.get("CI") else pytest.skip
    executable = chromium_path()
    if executable is None:
        give_up(MISSING)
    try:
        from playwright.sync_api import sync_playwright
    except ModuleNotFoundError:
        give_up(MISSING)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=QUIET)
        yield Contexts(browser)
        browser.close()


class Contexts:
    """One browser context for each set of options: to make one takes longer than a page."""

    def __init__(self, browser) -> None:
        self._browser = browser
        self._made = {}
        self.version = browser.version

    def page(self, **options):
        """A new page, 1280 by 900 unless the options say otherwise."""
        options = {"viewport": {"width": 1280, "height": 900}, **options}
        key = repr(sorted(options.items()))
        if key not in self._made:
            self._made[key] = self._browser.new_context(**options)
        return self._made[key].new_page()
