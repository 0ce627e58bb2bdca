"""What all pages share: links, digests, and colours that can be told apart and read."""

from __future__ import annotations

import base64
import hashlib
import re
from importlib import resources

import html5lib
import pytest

from pytest_claims.ledger.comparison import compare
from pytest_claims.ledger.history import history_of
from pytest_claims.ledger.reader import ledger_of
from pytest_claims.rendering.comparison import comparison_as_html
from pytest_claims.rendering.history import history_as_html
from pytest_claims.rendering.html import as_html
from pytest_claims.rendering.page import web_address

from ..made_reports import made_case, made_suite

VERDICTS = ("supported", "refuted", "inconclusive", "uninformative", "error")
STYLE = (resources.files("pytest_claims.rendering") / "templates" / "page.css").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("", ""), ("the original study", ""), ("https://example.org", "https://example.org"),
        ("see https://example.org/a?b=c&d=e#f, p. 3", "https://example.org/a?b=c&d=e#f"),
        ("(http://example.org/x)", "http://example.org/x"), ("two: https://a.example https://b.example", "https://a.example"),
        ("javascript:alert(1)", ""), ("JAVASCRIPT:alert(1)", ""), ("data:text/html,x", ""), ("ftp://example.org", ""),
        ("file:///etc/passwd", ""), ("//example.org", ""), ("https://", ""), ("https://x", ""),
        ('https://example.org/"onmouseover="alert(1)', "https://example.org/"), ("javascript:https://example.org/", "https://example.org/"),
    ],
)  # fmt: skip
def test_only_addresses_of_the_web_make_links(text, address):
    assert web_address(text) == address


def all_pages():
    old = ledger_of(
        made_suite(
            *(
                made_case(f"c-{verdict}", verdict=verdict, source="https://example.org")
                for verdict in VERDICTS
            ),
            made_case("bad", verdict="maybe"),
        )
    )
    new = ledger_of(
        made_suite(
            *(
                made_case(f"c-{verdict}", value=0.9, rule="other", evidence_sha256="ab")
                for verdict in VERDICTS[1:]
            ),
            made_case("came"),
        )
    )
    return {
        "ledger": as_html(old),
        "long ledger": as_html(old, most_listed=0),
        "empty ledger": as_html(ledger_of(made_suite())),
        "comparison": comparison_as_html(compare(old, new), "old", "new"),
        "the same": comparison_as_html(compare(old, old), "old", "old"),
        "history": history_as_html(history_of({"old": old, "new": new}, ["x: refused"])),
    }  # fmt: skip


PAGES = all_pages()


@pytest.mark.parametrize("name", PAGES)
def test_pages_are_valid_html(name):
    parser = html5lib.HTMLParser(strict=True)
    document = parser.parse(PAGES[name])
    assert document is not None
    ids = re.findall(r'\sid="([^"]+)"', PAGES[name])
    assert len(ids) == len(set(ids))
    assert all(not re.search(r"\s", found) for found in ids)
    labelled = set(re.findall(r'aria-labelledby="([^"]+)"', PAGES[name]))
    assert labelled <= set(ids)


@pytest.mark.parametrize("name", PAGES)
def test_the_policy_names_every_inline_style_and_script_and_allows_nothing_else(name):
    page = PAGES[name]
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]+)"', page)
    policy = policy.replace("&#39;", "'")
    assert policy.startswith("default-src 'none'; base-uri 'none'; form-action 'none'; ")
    assert "unsafe" not in policy
    inline = re.findall(r"<style>(.*?)</style>", page, re.S) + re.findall(
        r"<script>(.*?)</script>", page, re.S
    )
    digests = [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in inline]
    assert re.findall(r"'sha256-([^']+)'", policy) == digests
    assert not re.search(r"(?:src|href)=\"(?!#|figures/|ledger\.json|https://example\.org)", page)
    assert " style=" not in page


def colours(block):
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{3,6})", block))


def themes():
    light, dark = re.findall(r":root \{(.*?)\}", STYLE, re.S)[:2]
    paper = re.search(r"@media print \{.*?:root \{(.*?)\}", STYLE, re.S)[1]
    return {
        "light": colours(light),
        "dark": {**colours(light), **colours(dark)},
        "print": {**colours(light), **colours(paper)},
    }


def luminance(colour):
    digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
    channels = (int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4))
    r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(one, other):
    """The ratio of WCAG 2, 1 to 21: https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def test_the_ratio_is_that_of_wcag():
    assert contrast("#000", "#fff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("theme", ["light", "dark", "print"])
def test_text_has_the_contrast_that_wcag_aa_asks_for(theme):
    found = themes()[theme]
    pairs = [(text, ground) for text in ("ink", "quiet", "link") for ground in ("paper", "raised")]
    pairs += [(verdict, ground) for verdict in VERDICTS for ground in ("paper", "raised", f"{verdict}-tint")]
    ratios = {pair: round(contrast(found[pair[0]], found[pair[1]]), 2) for pair in pairs}
    assert {pair: ratio for pair, ratio in ratios.items() if ratio < 4.5} == {}
    # What is focused, and the outline of a control, needs 3.
    assert all(contrast(found[colour], found["paper"]) >= 3 for colour in ("focus", "quiet"))
