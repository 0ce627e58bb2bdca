"""Whatever a report says is text: no element, no script, no request, no link but to the web."""

from __future__ import annotations

import base64
import json

import pytest

from pytest_claims.junit.reader import parse_suite
from pytest_claims.junit.writer import to_xml
from pytest_claims.ledger.comparison import compare
from pytest_claims.ledger.history import history_of
from pytest_claims.ledger.reader import ledger_of
from pytest_claims.rendering.comparison import comparison_as_html
from pytest_claims.rendering.history import history_as_html

from ..made_reports import made_case, made_suite

HOSTILE = [
    "<script>alert(1)</script>",
    "</script><script>alert(2)</script>",
    "</style><style>body { display: none }</style>",
    "<img src=x onerror=alert(3)>",
    "\"><svg onload=alert(4)>",
    "' onmouseover='alert(5)",
    "</template></dialog></title></textarea><iframe src=javascript:alert(6)></iframe>",
    "{{ 7 * 7 }}{% raw %}${alert(8)}`",
    "<!-- <script> <!-- -->",
    "<base href=https://evil.example/><meta http-equiv=refresh content=0;url=https://evil.example/>",
    "javascript:alert(9)",
    "JaVaScRiPt:alert(10)//https://",
    "data:text/html,<script>alert(11)</script>",
    "‮reversed\u2028\u2029 \u00a0￼",
    "a\n\r\tb",
    "__proto__",
    "</dd></dl></article><form action=https://evil.example><button>",
]  # fmt: skip
FIGURES = [
    "../../../etc/passwd.png", "/etc/passwd.png", "https://evil.example/x.png", "//evil.example/x.png",
    "javascript:alert(1).png", "data:image/svg+xml,<svg onload=alert(1)>.png", "figures/..%2f..%2fx.png", "C:\\x.png",
    "figures\\x.png", "figures/x.svg", "figures/./x.png", "figures//x.png", ".hidden/x.png", "x.png?y.png", "x.png#y.png",
    "figures/\"onerror=alert(1) x.png", "figures/x.html",
]  # fmt: skip


def hostile_suite(verdict="supported", **changed):
    cases = []
    for index, text in enumerate(HOSTILE):
        named = dict.fromkeys(("statement", "source", "rule", "reason", "statistic", "record"), text)
        named |= {"question": text, "region": text, "ci_level": text, "headline": "true"}
        named |= {"registration": text, "rule_change": text, "figures_at": text, "weight": f"1.0 {text}"}
        named |= {"evidence_sha256": text, "evidence_determined_by": text, "figure_error": text, **changed}
        cases.append(made_case(f"{text} {index}", text, verdict, 0.1 * index - 0.5, **named))
        cases.append(made_case(f"figure-{index}", text, "refuted", figure=FIGURES[index], question=text))
    facts = {
        f"evidence.{text}.{name}": text
        for text in HOSTILE
        for name in ("fact", "label", "origin", "files", "date", "committed")
    }
    terms = {f"term.{text}": text for text in HOSTILE}
    return made_suite(*cases, **facts, **terms, **{text: text for text in HOSTILE}, project=HOSTILE[0])


@pytest.fixture(scope="module")
def ledger():
    return ledger_of(parse_suite(to_xml(hostile_suite()), "hostile.xml"))


ELEMENTS = (
    "() => Object.fromEntries(['script', 'style', 'iframe', 'base', 'meta', 'form', 'img', 'object', 'embed', 'link', 'audio', 'video']"
    ".map(tag => [tag, document.querySelectorAll(tag).length]))"
)
ATTRIBUTES = "() => [...document.querySelectorAll('*')].flatMap(e => [...e.attributes].map(a => a.name)).filter(n => n.startsWith('on') || n === 'style')"
ADDRESSES = "() => [...document.querySelectorAll('[href], [src], [action]')].map(e => e.getAttribute('href') ?? e.getAttribute('src') ?? e.getAttribute('action'))"


def assert_inert(page, elements):
    """No element but the page's own, no handler, no address but to the page itself, its figures and the web."""
    assert page.evaluate(ELEMENTS) == {
        "script": 0, "style": 1, "iframe": 0, "base": 0, "meta": 5, "form": 0, "img": 0, "object": 0, "embed": 0,
        "link": 0, "audio": 0, "video": 0, **elements,
    }  # fmt: skip
    assert page.evaluate(ATTRIBUTES) == []
    addresses = page.evaluate(ADDRESSES)
    # Where a source names an address of the web, that is a link.
    assert [
        a for a in addresses if not a.startswith(("#", "https://evil.example")) and a != "ledger.json"
    ] == []


@pytest.mark.parametrize("most_listed", [300, 0])
def test_a_hostile_report_is_text_on_the_page(watched, ledger_page, ledger, most_listed):
    page = watched.open(ledger_page(hostile_suite(), most_listed=most_listed))
    cells = page.locator("#matrix td[class]")
    assert cells.count() == 2 * len(HOSTILE)
    for index in range(0, 2 * len(HOSTILE), 2):
        cells.nth(index).evaluate("td => (td.querySelector('a') ?? td).click()")
        page.wait_for_selector("dialog[open] article")
        statement = page.locator("dialog [data-slot=statement]").evaluate("e => e.textContent")
        assert statement == HOSTILE[index // 2].replace("\r", "\n" if most_listed else "\r")  # as HTML has it
        page.locator("#close").evaluate("b => b.click()")
    page.locator("#matrix").hover()
    assert_inert(page, {"script": 4, "form": 1})
    assert page.title() == "Ledger of claims"


def test_a_hostile_address_is_text(watched, ledger_page):
    page = watched.open(ledger_page(made_suite(made_case())), "#at=<img src=x onerror=alert(1)>")
    for address in (
        "#text=</script><script>alert(1)</script>",
        "#text=%3Cscript%3Ealert(1)",
        "#verdict=<svg/onload=alert(1)>",
    ):
        watched.goto(page, address)
        assert page.locator("dialog").is_hidden()
        assert_inert(page, {"script": 4, "form": 1})


def test_figures_outside_the_folder_are_left_out_and_said_to_be(ledger):
    assert all(entry.figures == () for entry in ledger.entries)
    said = "\n".join(ledger.left_out)
    for path in FIGURES:
        assert f"figure {path!r:.80}: expected a path such as figures/NAME.png" in said


def test_a_hostile_comparison_is_text(watched, tmp_path, ledger):
    other = ledger_of(
        hostile_suite(
            statistic="Pearson r", ci_low="0.8", ci_high="1.0", verdict="inconclusive", rule="<b>new</b>"
        )
    )
    path = tmp_path / "diff.html"
    path.write_text(comparison_as_html(compare(ledger, other), HOSTILE[0], HOSTILE[3]), encoding="utf-8")
    page = watched.open(path)
    assert page.locator("#verdicts .count").inner_text() == str(len(HOSTILE))
    assert_inert(page, {})


def test_a_hostile_history_is_text(watched, tmp_path, ledger):
    path = tmp_path / "history.html"
    path.write_text(
        history_as_html(history_of({HOSTILE[0]: ledger, HOSTILE[3]: ledger}, HOSTILE)), encoding="utf-8"
    )
    page = watched.open(path)
    assert page.locator(".track").count() == 2 * len(HOSTILE)
    assert_inert(page, {})


def test_the_policy_blocks_what_would_get_through(watched, ledger_page):
    """Were text ever to become an element, the page's own policy would still not run it."""
    page = watched.open(ledger_page(made_suite(made_case())))
    page.evaluate(
        """() => {
            const script = document.createElement('script'); script.textContent = 'window.ran = 1'; document.body.append(script);
            const image = document.createElement('img'); image.src = 'https://evil.example/x.png'; document.body.append(image);
            document.body.insertAdjacentHTML('beforeend', '<b id=handled onclick="window.ran = 2">x</b><i id=styled style="color: red">x</i>');
            document.getElementById('handled').click();
        }"""
    )
    for _ in range(300):  # the browser says what it blocked when it comes to it
        blocked = "\n".join(trouble for trouble in watched.troubles if "Content Security Policy" in trouble)
        if all(directive in blocked for directive in ("script-src ", "img-src ", "style-src ")):
            break
        page.wait_for_timeout(100)
    else:
        pytest.fail(f"not everything was blocked: {watched.troubles}")
    assert page.evaluate("window.ran") is None
    assert page.evaluate("getComputedStyle(document.getElementById('styled')).color") != "rgb(255, 0, 0)"
    watched.troubles.clear()  # they are what was wanted
    watched.requests.clear()


def test_embedded_images_are_data_and_nothing_else(watched, ledger_page):
    pixel = base64.b64encode(
        bytes.fromhex("89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360f8cf50"
                      "0f0003860180d5c2a3a70000000049454e44ae426082")
    ).decode()  # fmt: skip
    suite = made_suite(made_case(figure="figures/one.png"))
    page = watched.open(ledger_page(suite, embedded={"figures/one.png": f"data:image/png;base64,{pixel}"}))
    assert page.locator(".list img").get_attribute("src").startswith("data:image/png;base64,")
    assert json.dumps(page.evaluate(ATTRIBUTES)) == "[]"
