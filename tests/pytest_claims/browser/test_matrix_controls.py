"""Questions that fold, sorting, counts that follow the filters, and steps from one judgement to the next."""

from __future__ import annotations

import pytest

from ..made_reports import made_case, made_suite, made_unjudged


def asked(claim, question, *on, **changed):
    return [
        made_case(claim, evidence, verdict, value, 0.2, question=question, **changed)
        for evidence, verdict, value in on
    ]


SUITE = made_suite(
    *asked("c-wind", "Why <b>wind</b>?", ("north", "supported", 0.5), ("south", "refuted", -0.5)),
    *asked("a-rain", "Why rain?", ("north", "inconclusive", 0.1), ("south", "supported", 0.7)),
    *asked(
        "b-snow", "Why rain?", ("north", "supported", 0.3), ("south", "supported", 0.2), kind="description"
    ),
    *asked("d-hail", "Why rain?", ("north", "supported", 0.6)),
    made_unjudged("e-sun", question="Why rain?", reason="no <i>sun</i>"),
    made_unjudged("d-hail", "south", question="Why rain?", reason="dry"),
)


@pytest.fixture(params=["listed", "unlisted"])
def page(request, watched, ledger_page):
    return watched.open(ledger_page(SUITE, most_listed=300 if request.param == "listed" else 0))


def claims(page):
    return page.evaluate(
        "[...document.querySelectorAll('#matrix tbody tr:not(.question)')].filter(r => r.checkVisibility())"
        ".map(r => r.querySelector('.id').textContent)"
    )


def test_claims_stand_below_their_question_and_those_not_judged_say_why(page):
    assert page.locator("#matrix .question button").all_text_contents() == ["Why <b>wind</b>?", "Why rain?"]
    assert claims(page) == ["c-wind", "a-rain", "b-snow", "d-hail", "e-sun"]
    assert page.locator("tr.unjudged .why").text_content() == "not judged: skipped: no <i>sun</i>"
    skipped = page.locator("#matrix td .why")
    assert (skipped.text_content(), skipped.get_attribute("title")) == ("skipped", "dry")


def test_a_question_folds_by_key(page):
    button = page.get_by_role("button", name="Why rain?")
    button.focus()
    page.keyboard.press("Enter")
    assert button.get_attribute("aria-expanded") == "false"
    assert claims(page) == ["c-wind"]
    page.keyboard.press("Enter")
    assert len(claims(page)) == 5
    page.locator("#fold").click()
    assert claims(page) == []
    page.locator("#unfold").click()
    assert len(claims(page)) == 5


def test_arrows_go_over_what_is_not_folded(page):
    page.get_by_role("button", name="Why <b>wind</b>?").click()
    page.locator("#matrix td[tabindex='0'], #matrix td [tabindex='0']").focus()
    page.keyboard.press("Enter")
    page.locator("dialog[open] h3").wait_for()
    assert "a-rain" in page.locator("dialog h3").text_content()


def test_a_head_sorts_within_each_question_by_name_verdict_and_number(page):
    head = page.locator("#matrix thead button")
    head.nth(0).click()
    assert claims(page)[:4] == ["c-wind", "a-rain", "b-snow", "d-hail"]
    head.nth(0).click()
    assert claims(page)[1:4] == ["d-hail", "b-snow", "a-rain"]
    assert page.locator("#matrix thead th").nth(0).get_attribute("aria-sort") == "descending"
    head.nth(0).click()
    assert claims(page)[1:4] == ["a-rain", "b-snow", "d-hail"]
    head.nth(1).click()  # verdicts first, then numbers
    assert claims(page)[1:4] == ["b-snow", "d-hail", "a-rain"]
    head.nth(1).click()
    assert claims(page)[1:4] == ["d-hail", "b-snow", "a-rain"]
    head.nth(1).click()
    assert claims(page)[1:4] == ["a-rain", "b-snow", "d-hail"]
    assert claims(page)[4] == "e-sun"


def counts(page):
    return {
        "findings": page.locator(".tile b").all_text_contents()[:3],
        "description": page.locator("#kinds tr", has_text="description")
        .locator("td.number")
        .all_text_contents()[:3],
        "north": page.locator("#evidence tbody tr").nth(0).locator("td.number").all_text_contents()[:3],
    }


def test_counts_follow_the_filters(page):
    assert counts(page) == {
        "findings": ["3", "1", "1"], "description": ["2", "0", "0"], "north": ["3", "0", "1"],
    }  # fmt: skip
    page.locator("[name=text]").fill("rain")
    assert counts(page)["findings"] == ["2", "0", "1"]
    assert counts(page)["north"] == ["2", "0", "1"]
    page.get_by_role("checkbox", name="description").check()
    assert counts(page) == {
        "findings": ["0", "0", "0"], "description": ["2", "0", "0"], "north": ["1", "0", "0"],
    }  # fmt: skip
    page.get_by_role("checkbox", name="south").check()
    # A choice's own number is what it would show.
    assert counts(page)["north"] == ["1", "0", "0"]
    assert counts(page)["description"] == ["1", "0", "0"]
    page.get_by_role("button", name="Show all").click()
    assert counts(page)["findings"] == ["3", "1", "1"]


def opened(page, claim):
    page.locator("dialog[open] h3", has_text=claim).wait_for()
    return page.locator("#position").text_content()


def test_keys_and_buttons_step_through_what_is_shown(page):
    page.get_by_role("checkbox", name="supported").check()
    page.locator("#matrix td.supported").first.evaluate("td => (td.querySelector('a') ?? td).click()")
    assert opened(page, "c-wind on north") == "1 of 5"
    assert page.locator("#previous").is_disabled()
    page.keyboard.press("ArrowRight")
    assert opened(page, "a-rain on south") == "2 of 5"
    page.locator("#next").click()
    assert opened(page, "b-snow on north") == "3 of 5"
    page.keyboard.press("p")
    assert opened(page, "a-rain on south") == "2 of 5"
    assert page.evaluate("location.hash") == "#at=a-rain@south&verdict=supported"
    page.locator("dialog a[href='#definitions']").click()
    assert page.locator("dialog").is_hidden()
    page.locator("#definitions:focus").wait_for()


def test_a_link_to_a_section_keeps_the_filters(page):
    page.locator("[name=text]").fill("rain")
    page.locator("#sections a", has_text="Cite").click()
    assert page.evaluate("location.hash") == "#text=rain"
    assert page.evaluate("document.activeElement.id") == "cite"
    assert "c-wind" not in claims(page)
