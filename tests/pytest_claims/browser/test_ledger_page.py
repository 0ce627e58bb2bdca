"""The ledger's page in a browser: what it shows, filters, the address that keeps them, and a judgement opened."""

from __future__ import annotations

import dataclasses
import re
from urllib.parse import unquote

import pytest

from pytest_claims.ledger.document import digest_of_entry
from pytest_claims.ledger.reader import ledger_of

from ..made_reports import made_case, made_suite

WHOLE = made_case(
    "rain-sells-umbrellas", "station-12", "supported", 0.7, 0.2, source="see https://example.org/a?b=1, p. 3",
    rule_change="0a" * 20 + " 2026-02-20T10:00:00+00:00", registration="9f" * 32, figures_at="drawn with --all",
)  # fmt: skip
WEIGHTS = (("claim.weight", "0.75 one"), ("claim.weight", "0.25 the other"))
SUITE = made_suite(
    dataclasses.replace(WHOLE, properties=(*WHOLE.properties, *WEIGHTS)),
    made_case("rain-sells-umbrellas", "north & south", "refuted", -0.5, 0.2),
    made_case("wind-breaks-umbrellas", "station-12", "inconclusive", 0.1, 0.6, region="negligible -0.3 0.3", ci_level="0.99"),
    made_case("wind-breaks-umbrellas", "north & south", "error"),
    made_case("snow-does-neither", "station-12", "uninformative", record="on record as uninformative"),
    made_case("sun-sells-hats", "north & south", "supported", 42.0, None, statistic="chi-square (9 df)"),
    **{"evidence.station-12.device": "rain gauge", "evidence.station-12.date": "2026-02-10"},
)  # fmt: skip


@pytest.fixture
def path(ledger_page):
    return ledger_page(SUITE)


@pytest.fixture(params=["listed", "unlisted"])
def either(request, ledger_page):
    """The page with its judgements listed below the matrix, and as a page too long for that."""
    return ledger_page(SUITE, most_listed=300 if request.param == "listed" else 0)


def visible(page, selector):
    return [element.inner_text() for element in page.query_selector_all(selector) if element.is_visible()]


def shown_cells(page):
    """Keys of the judgements that the matrix shows, as the address names them."""
    return page.evaluate(
        """() => {
            const heads = [...document.querySelectorAll('#matrix thead th')].map(th => encodeURIComponent(th.textContent));
            return [...document.querySelectorAll('#matrix td[class]')]
                .filter(td => td.checkVisibility({ visibilityProperty: true }))
                .map(td => td.parentElement.querySelector('.id').textContent.replace(/ \\((\\d+)\\)$/, '') + '@' + heads[td.cellIndex]
                    + (td.parentElement.querySelector('.id').textContent.match(/ \\((\\d+)\\)$/)?.[1] ?? '').replace(/^/, '@').replace(/^@$/, ''));
        }"""
    )


def fragment(page):
    return page.evaluate("location.hash")


def test_at_a_glance_it_says_how_many_of_each_verdict_and_on_which_evidence(watched, path):
    page = watched.open(path)
    tiles = [re.sub(r"\s+", " ", text) for text in visible(page, ".tile")]
    assert tiles == [
        "✓ 2 supported",
        "✕ 1 refuted",
        "? 1 inconclusive",
        "\N{EN DASH} 1 uninformative",
        "! 1 error",
    ]
    rows = page.locator("#evidence tbody tr").all()
    assert [row.locator("th").inner_text().strip() for row in rows] == ["station-12", "north & south"]
    assert [row.locator("td.number").all_inner_texts() for row in rows] == [
        ["1", "0", "1", "1", "0"],
        ["1", "1", "0", "0", "1"],
    ]


def test_the_matrix_has_claims_down_evidence_across_and_verdicts_by_colour_and_shape(watched, path):
    page = watched.open(path)
    assert page.locator("#matrix thead th").all_inner_texts() == ["claim", "station-12", "north & south"]
    first = page.locator("#matrix tbody tr").first
    claim = first.locator("th").text_content().split()
    assert " ".join(claim) == "rain-sells-umbrellas What rain-sells-umbrellas says. inference"
    assert first.locator("td").nth(0).text_content().split() == ["✓", "0.70", "[0.50,", "0.90]"]
    looks = {}
    for verdict in ("supported", "refuted", "inconclusive", "uninformative", "error"):
        sign = page.locator(f"#matrix td.{verdict} b").first
        style = sign.evaluate(
            "b => { const s = getComputedStyle(b); return [s.borderTopColor, [b.textContent, s.borderRadius, "
            "s.borderTopStyle, s.clipPath, s.backgroundColor === s.borderTopColor].join()] }"
        )
        looks[verdict] = style
    assert len({colour for colour, _ in looks.values()}) == 5
    assert len({shape for _, shape in looks.values()}) == 5


def test_nothing_is_asked_of_a_network(watched, path):
    page = watched.open(path)
    page.locator("#matrix td[class]").first.click()
    assert watched.requests == [page.url.partition("#")[0]]


def test_a_cell_opens_everything_about_its_judgement(watched, either):
    page = watched.open(either)
    page.locator("#matrix td.supported").first.click()
    opened = page.locator("dialog[open]")
    opened.locator("article").wait_for()
    assert fragment(page) == "#at=rain-sells-umbrellas@station-12"
    lines = dict(
        zip(
            opened.locator("dt:visible").all_inner_texts(),
            opened.locator("dd:visible").all_inner_texts(),
            strict=True,
        )
    )
    assert lines == {
        "source": "see https://example.org/a?b=1, p. 3",
        "at": "https://example.org/a?b=1",
        "question": "weather",
        "kind of claim": "inference",
        "rule fixed": "in 0a0a0a0a0a on 2026-02-20, after this evidence was measured (2026-02-10)",
        "registration": "9f" * 32,
        "weights in the pooled estimate": "one 75%; the other 25%",
        "figures": "drawn with --all",
        "rule": "supported if r < 0 and p < 0.05; refuted if the 95% interval excludes r <= -0.3, or r > 0 and p < 0.05",
        "Pearson r": "0.70",
        "95% interval": "[0.50, 0.90]",
        "p": "0.039",
        "N": "10",
        "reason": "Pearson r = 0.70",
        "test": "tests.test_weather::test_rain-sells-umbrellas[station-12]",
        "evidence's fingerprint": dict(SUITE.cases[0].properties)["claim.evidence_sha256"],
        "evidence determined by": "measured for station-12",
        "evidence's facts": "device: rain gauge; date: 2026-02-10",
        "run": "2026-03-01 10:00 UTC, commit 0123456789ab",
        "to cite": "rain-sells-umbrellas on station-12: supported; ledger of claims, 2026-03-01 10:00 UTC, "
        f"commit 0123456789ab, judgement sha256:{digest_of_entry(ledger_of(SUITE).entries[0])[:16]}",
    }
    assert opened.locator("blockquote").inner_text() == "What rain-sells-umbrellas says."
    plot = opened.locator("svg.plot")
    assert plot.get_attribute("aria-label") == "Pearson r 0.70, 95% interval [0.50, 0.90]"
    # The claim's scale is -1 to 1 on 300 units: 0.7 lies at 10 + 300 * 0.85.
    assert plot.locator("circle").get_attribute("cx") == "265"
    assert [plot.locator(".interval").get_attribute(end) for end in ("x1", "x2")] == ["235", "295"]


def test_needed_n_and_what_an_error_says(watched, either):
    page = watched.open(either, "#at=wind-breaks-umbrellas@station-12")
    page.locator("dialog dt", has_text="N that 80% power needs").wait_for()
    assert page.locator("dialog [data-slot=needed]").inner_text() == "24"
    watched.goto(page, "#at=wind-breaks-umbrellas@north%20%26%20south")
    page.locator("dialog [data-slot=reason]", has_text="error: as it is").wait_for()
    assert page.locator("dialog .numbers").is_hidden()
    assert page.locator("dialog svg.plot").count() == 0


def test_the_script_fills_a_judgement_in_as_the_list_shows_it(watched, ledger_page, tmp_path):
    """The two ways to make the same markup, held against each other."""
    found = []
    for most_listed in (300, 0):
        page = watched.open(ledger_page(SUITE, most_listed=most_listed))
        articles = {}
        for key in shown_cells(page):
            watched.goto(page, f"#at={key}")
            claim, evidence = (unquote(part) for part in key.split("@"))
            page.locator("dialog[open] h3", has_text=f"{claim} on {evidence}").wait_for()
            html = page.locator("#content article").evaluate(
                "a => { for (const h of a.querySelectorAll('[hidden]')) h.remove(); return a.innerHTML }"
            )
            html = re.sub(r"></(line|circle|rect|path)>", ">", html).replace("/>", ">")
            articles[key] = re.sub(r"\s+", "", html)
        found.append(articles)
    assert len(found[0]) == 6
    assert found[0] == found[1]


ADDRESSES = [
        ("#verdict=supported", ["rain-sells-umbrellas@station-12", "sun-sells-hats@north%20%26%20south"]),
        ("#verdict=refuted,error", ["rain-sells-umbrellas@north%20%26%20south", "wind-breaks-umbrellas@north%20%26%20south"]),
        ("#evidence=station-12", ["rain-sells-umbrellas@station-12", "wind-breaks-umbrellas@station-12", "snow-does-neither@station-12"]),
        ("#text=SELLS%20hats", ["sun-sells-hats@north%20%26%20south"]),
        ("#verdict=supported&evidence=station-12&text=umbrellas", ["rain-sells-umbrellas@station-12"]),
        ("#text=example.org", ["rain-sells-umbrellas@station-12", "rain-sells-umbrellas@north%20%26%20south"]),
        ("#text=nothing-like-it", []),
]  # fmt: skip


def test_an_address_filters(watched, either):
    page = watched.open(either, ADDRESSES[0][0])
    for address, cells in ADDRESSES:
        watched.goto(page, address)
        assert shown_cells(page) == cells, address
        assert page.locator("#shown").inner_text() == f"{len(cells)} of 6 judgements"
        assert page.locator("#none").is_visible() == (cells == [])


def test_controls_filter_and_the_address_follows(watched, either):
    page = watched.open(either)
    page.get_by_role("checkbox", name="refuted").check()
    assert fragment(page) == "#verdict=refuted"
    assert shown_cells(page) == ["rain-sells-umbrellas@north%20%26%20south"]
    page.get_by_role("checkbox", name="supported").check()
    page.get_by_role("checkbox", name="north & south").check()
    page.get_by_label("Text").fill("hats")
    assert fragment(page) == "#verdict=supported,refuted&evidence=north%20%26%20south&text=hats"
    assert shown_cells(page) == ["sun-sells-hats@north%20%26%20south"]
    again = watched.open(either, fragment(page))
    assert shown_cells(again) == shown_cells(page)
    assert again.get_by_label("Text").input_value() == "hats"
    page.get_by_role("button", name="Show all").click()
    assert fragment(page) == ""
    assert len(shown_cells(page)) == 6


def test_the_list_below_follows_the_filter(watched, path):
    page = watched.open(path, "#verdict=refuted")
    assert visible(page, ".list article h3") == ["rain-sells-umbrellas on north & south"]


def test_a_link_keeps_filters_and_back_goes_back(watched, either):
    page = watched.open(either, "#verdict=refuted")
    page.locator("#matrix td.refuted").click()
    assert fragment(page) == "#at=rain-sells-umbrellas@north%20%26%20south&verdict=refuted"
    page.wait_for_selector("dialog[open] article")
    page.go_back()
    assert fragment(page) == "#verdict=refuted"
    page.wait_for_selector("dialog", state="hidden")
    page.go_forward()
    page.wait_for_selector("dialog", state="visible")


def test_from_one_judgement_to_the_same_claim_on_other_evidence(watched, either):
    page = watched.open(either, "#at=rain-sells-umbrellas@station-12")
    others = page.locator("#others a")
    others.nth(1).wait_for()
    assert [re.sub(r"\s+", " ", text) for text in others.all_inner_texts()] == [
        "✓ 0.70 [0.50, 0.90] station-12", "✕ -0.50 [-0.70, -0.30] north & south",
    ]  # fmt: skip
    others.nth(1).click()
    page.locator("dialog [data-slot=evidence]", has_text="north & south").wait_for()
    page.wait_for_function("location.hash.endsWith('@north%20%26%20south')")


def test_an_address_that_means_nothing_shows_everything(watched, either):
    page = watched.open(either, "#at=nobody@nowhere")
    for address in (
        "",
        "#at=",
        "#at=nobody@nowhere",
        "#verdict=&evidence=,,",
        "#&=&==",
        "#verdict=constructor",
        "#at=toString@__proto__",
        "#%E0%A4%A",
    ):
        watched.goto(page, address)
        assert page.locator("dialog").is_hidden()
        assert len(shown_cells(page)) == 6
    watched.goto(page, "#text=%E0%A4%A")
    assert page.get_by_label("Text").input_value() == "%E0%A4%A"


def test_a_claim_judged_twice_on_one_evidence_has_a_row_for_each(watched, ledger_page):
    twice = [made_case(verdict=verdict) for verdict in ("supported", "inconclusive")]
    other = made_case(verdict="inconclusive")
    suite = made_suite(twice[0], type(other)(**{**vars(other), "name": "test_again[station-12]"}))
    page = watched.open(ledger_page(suite))
    assert shown_cells(page) == ["rain-sells-umbrellas@station-12", "rain-sells-umbrellas@station-12@2"]
    page.locator("#matrix td.inconclusive").click()
    assert page.locator("dialog h3").inner_text() == "rain-sells-umbrellas (2) on station-12"


def test_without_a_script_there_is_the_table_and_every_judgement(watched, path):
    page = watched.open(path, "#at=wind-breaks-umbrellas@station-12", java_script_enabled=False)
    assert page.locator("#matrix td a:visible").count() == 6
    assert page.locator("input:visible, button:visible").count() == 0
    assert page.locator(".list article:visible").count() == 6
    target = page.locator("article:target")
    assert target.locator("h3").inner_text() == "wind-breaks-umbrellas on station-12"
    assert target.locator("svg.plot").is_visible()


def test_without_a_script_a_long_page_says_where_the_rest_is(watched, ledger_page):
    page = watched.open(ledger_page(SUITE, most_listed=0), java_script_enabled=False)
    assert page.locator("#matrix td[class]:visible").count() == 6
    assert page.locator("#without-script").is_visible()


def test_what_was_left_out_is_said_at_the_top(watched, ledger_page):
    page = watched.open(ledger_page(made_suite(made_case(), made_case("other", verdict="maybe"))))
    assert visible(page, ".left-out li") == [
        "claim other on station-12: property claim.verdict: expected one of inconclusive, refuted, supported, uninformative, got 'maybe'"
    ]
