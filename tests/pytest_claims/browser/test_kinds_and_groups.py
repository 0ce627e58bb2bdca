"""The ledger's page: findings apart from other kinds, members folded into pooled evidence, adjusted p-values."""

from __future__ import annotations

import re

import pytest

from ..made_reports import made_case, made_suite

HOSTILE = "<img src=x onerror=alert(1)>"


def of(name, evidence, role, verdict="supported", value=0.7, **changed):
    return made_case(
        name, evidence, verdict, value, 0.2, evidence_group=f"study {HOSTILE}", evidence_role=role, **changed
    )


SUITE = made_suite(
    of("rain-sells-umbrellas", "seed-1", "member", "inconclusive", 0.1, family=HOSTILE),
    of("wind-breaks-umbrellas", "seed-1", "member"),
    made_case("rain-sells-umbrellas", "table", "refuted", -0.5, 0.2),
    of("rain-sells-umbrellas", "all", "pooled", family=HOSTILE, p_value="0.03"),
    of("rain-sells-umbrellas", "seed-2", "member", family=HOSTILE),
    of("wind-breaks-umbrellas", "all", "pooled", family=HOSTILE, p_value="0.04"),
    of("sun-shines-here", "all", "pooled", kind="description"),
    made_case("gauge-measures-rain", "table", kind="instrument"),
    made_case("snow-fell-once", "table", kind=None),
)


@pytest.fixture
def path(ledger_page):
    return ledger_page(SUITE)


@pytest.fixture(params=["listed", "unlisted"])
def either(request, ledger_page):
    return ledger_page(SUITE, most_listed=300 if request.param == "listed" else 0)


def texts(page, selector):
    return [
        re.sub(r"\s+", " ", element.text_content()).strip()
        for element in page.query_selector_all(selector)
        if element.is_visible()
    ]


def shown(page):
    return texts(page, "#matrix tbody th .id"), texts(page, "#matrix thead th")[1:]


def test_tiles_count_findings_and_a_table_counts_each_kind(watched, path):
    page = watched.open(path)
    assert texts(page, "legend") == ["Findings: judgements of inferences, once for pooled evidence"]
    assert texts(page, ".tile")[:3] == ["✓ 2 supported", "✕ 1 refuted", "? 0 inconclusive"]
    rows = {row.split()[0]: row.split()[1:] for row in texts(page, "#kinds tbody tr")}
    assert rows == {
        "inference": ["2", "1", "0", "0", "0"],
        "description": ["1", "0", "0", "0", "0"],
        "instrument": ["1", "0", "0", "0", "0"],
        "unknown": ["1", "0", "0", "0", "0"],
    }
    assert texts(page, "#matrix .kind") == [
        "inference", "inference", "description", "instrument", "kind unknown",
    ]  # fmt: skip


def test_kinds_filter_and_the_address_keeps_them(watched, path):
    page = watched.open(path)
    page.get_by_role("checkbox", name="description").check()
    page.get_by_role("checkbox", name="unknown").check()
    assert page.evaluate("location.hash") == "#kind=description,unknown"
    assert shown(page)[0] == ["sun-shines-here", "snow-fell-once"]
    again = watched.open(path, "#kind=instrument&evidence=table")
    assert shown(again) == (["gauge-measures-rain"], ["table"])
    assert again.locator("#shown").inner_text() == "1 of 9 judgements"


def test_members_are_folded_until_they_are_asked_for(watched, either):
    page = watched.open(either)
    assert shown(page)[1] == ["all", "table"]
    assert page.locator("#shown").inner_text() == "6 of 9 judgements"
    page.get_by_role("checkbox", name="members of pooled evidence").check()
    assert page.evaluate("location.hash") == "#members=shown"
    assert shown(page)[1] == ["all", "seed-1", "seed-2", "table"]
    page.get_by_role("checkbox", name="members of pooled evidence").uncheck()
    assert shown(page)[1] == ["all", "table"]
    page.get_by_role("checkbox", name="seed-2").check()
    assert shown(page) == (["rain-sells-umbrellas"], ["seed-2"])
    page.get_by_role("button", name="Show all").click()
    assert shown(page)[1] == ["all", "seed-1", "seed-2", "table"]


def test_a_pooled_judgement_unfolds_its_members_each_of_which_opens(watched, either):
    page = watched.open(either, "#at=rain-sells-umbrellas@all")
    members = page.locator("dialog details.members")
    members.wait_for()
    assert not members.locator("li").first.is_visible()
    members.locator("summary").click()
    assert texts(page, "dialog .members li") == [
        "? inconclusive on seed-1 0.10 [-0.10, 0.30], p = 0.039, N = 10",
        "✓ supported on seed-2 0.70 [0.50, 0.90], p = 0.039, N = 10",
    ]
    members.locator("a").first.click()
    page.locator("dialog [data-slot=evidence]", has_text="seed-1").wait_for()
    assert page.locator("dialog [data-slot=group]").inner_text() == (
        f"study {HOSTILE} (member, a detail of the judgement on all)"
    )
    assert page.locator("dialog details.members").is_hidden()


def test_an_adjusted_p_stands_beside_the_raw_one_and_what_is_lost_is_listed(watched, either):
    page = watched.open(either, "#at=rain-sells-umbrellas@all")
    page.locator("dialog [data-slot=adjusted]").wait_for()
    said = f"0.06 (Holm, 2 p-values of the family {HOSTILE} on this evidence); no longer below 0.05, the verdict is by the raw p"
    assert page.locator("dialog [data-slot=p]").inner_text() == "0.03"
    assert page.locator("dialog [data-slot=adjusted]").inner_text() == said
    page.locator("#close").click()
    assert [text.partition(":")[0] for text in texts(page, "#adjusted + ul li")] == [
        "✓ rain-sells-umbrellas on all",
        "✓ wind-breaks-umbrellas on all",
    ]


def test_without_a_script_everything_is_shown(watched, ledger_page):
    page = watched.open(ledger_page(SUITE), java_script_enabled=False)
    assert page.locator("#matrix td a:visible").count() == 9
    assert page.locator(".list article:visible").count() == 9
    assert page.locator("input:visible").count() == 0
    assert page.locator(".list details.members:not([hidden])").count() == 2


def test_a_ledger_of_inferences_by_themselves_has_no_more_than_before(watched, ledger_page):
    page = watched.open(ledger_page(made_suite(made_case())))
    assert page.locator("#kinds").count() == page.locator("[name=members]").count() == 0
    assert texts(page, "legend") == ["Findings: judgements of inferences"]
    assert page.locator("#adjusted").count() == 0


@pytest.mark.parametrize("width", [390, 1440])
def test_labels_of_the_forest_plot_do_not_cover_its_numbers(watched, ledger_page, width):
    group = {"evidence_group": "g", "headline": "true", "n": "192"}
    labels = {
        "all": "3 base models, registered study",
        "one": "qwen2.5-coder-0.5b-instruct, registered study",
    }
    cases = [
        made_case("rain", "all", evidence_role="pooled", **group),
        made_case("rain", "one", evidence_role="member", **group),
    ]
    facts = {f"evidence.{name}.label": label for name, label in labels.items()}
    page = watched.open(ledger_page(made_suite(*cases, **facts)), viewport={"width": width, "height": 900})
    ends = page.evaluate(
        """() => [...document.querySelectorAll('.forest g')].map(line => [
            line.querySelector('.label').getBoundingClientRect().right,
            line.querySelector('.numbers').getBoundingClientRect().left])"""
    )
    assert len(ends) == 2
    assert all(label < numbers for label, numbers in ends), ends
    assert texts(page, ".forest .label")[0] == "✓ 3 base models, registered study"
