"""The matrix without a mouse."""

from __future__ import annotations

import pytest

from ..made_reports import made_case, made_suite

# Four claims on three evidences, with holes: x marks what is judged.
#        a b c
#   one  x x x
#   two  x . x
#   three. x .
#   four x x x
JUDGED = {"one": "abc", "two": "ac", "three": "b", "four": "abc"}
SUITE = made_suite(
    *(
        made_case(claim, evidence, "refuted" if claim == "two" else "supported")
        for claim, judged in JUDGED.items()
        for evidence in judged
    )
)


@pytest.fixture(params=["links", "cells"])
def path(request, ledger_page):
    """A page whose cells hold links, and one whose cells are too many for that."""
    return ledger_page(SUITE, most_listed=300 if request.param == "links" else 0)


@pytest.fixture
def page(watched, path):
    page = watched.open(path)
    page.locator("#matrix [tabindex='0']").focus()
    return page


def short(target):
    """Claim and evidence of a cell or the link in it."""
    return target.evaluate(
        "t => { const td = t.closest('td'); return td.parentElement.querySelector('.id').textContent + '@'"
        " + document.querySelectorAll('#matrix thead th')[td.cellIndex].textContent }"
    )


def focused(page):
    # A closed judgement gives the focus back when the browser comes to say so: until then no cell has it.
    return short(page.locator("td:focus, td :focus"))


KEYS = [
    ("ArrowRight", "one@b"), ("ArrowRight ArrowRight", "one@c"), ("ArrowDown", "two@a"),
    ("ArrowDown ArrowRight", "two@c"), ("ArrowRight ArrowDown", "three@b"), ("ArrowDown ArrowDown", "four@a"),
    ("End", "one@c"), ("End Home", "one@a"), ("Control+End", "four@a"), ("End Control+End Control+Home", "one@c"),
    ("PageDown", "four@a"), ("PageDown PageUp", "one@a"), ("ArrowLeft", "one@a"), ("ArrowUp", "one@a"),
    ("ArrowDown ArrowRight ArrowDown ArrowLeft ArrowUp", "three@b"), ("x", "one@a"),
]  # fmt: skip


def test_arrows_move_over_what_is_judged(page):
    start = page.locator("#matrix td[class]").first
    for keys, cell in KEYS:
        start.evaluate("td => (td.querySelector('a') ?? td).focus()")
        for key in keys.split():
            page.keyboard.press(key)
        assert focused(page) == cell, keys


def test_arrows_pass_over_what_the_filter_hides(page):
    page.get_by_role("checkbox", name="supported").check()
    page.locator("#matrix [tabindex='0']").focus()
    page.keyboard.press("ArrowDown")
    assert focused(page) == "four@a"


def test_enter_opens_escape_closes_and_the_focus_comes_back(page):
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.wait_for_selector("dialog[open] article")
    assert page.locator("dialog h3").inner_text() == "one on b"
    assert page.evaluate("document.querySelector('dialog').contains(document.activeElement)")
    page.keyboard.press("Escape")
    assert page.locator("dialog").is_hidden()
    assert focused(page) == "one@b"
    assert page.evaluate("location.hash") == ""


def test_a_deep_link_that_is_closed_leaves_the_focus_on_its_cell(watched, path):
    page = watched.open(path, "#at=four@b")
    page.wait_for_selector("dialog[open]")
    page.keyboard.press("Escape")
    assert focused(page) == "four@b"


def test_tab_stays_in_an_opened_judgement(page):
    page.keyboard.press("Enter")
    page.wait_for_selector("dialog[open] article")
    for _ in range(8):
        page.keyboard.press("Tab")
        assert page.evaluate(
            "document.activeElement === document.body || document.querySelector('dialog').contains(document.activeElement)"
        )


def test_the_matrix_is_one_stop_in_a_sensible_order(watched, path):
    page = watched.open(path)
    stops = []
    for _ in range(40):
        page.keyboard.press("Tab")
        stop = page.evaluate(
            "(() => { const e = document.activeElement; return e === document.body ? '' : e.closest('#matrix tbody') ? 'matrix' :"
            " e.name || e.id || e.getAttribute('aria-label') || e.textContent.trim() })()"
        )
        if not stop:
            break
        stops.append(stop)
    assert stops[: stops.index("matrix")] == [
        "In short", "Evidence", "Counts", "Claims", "Definitions", "Cite", "Where the numbers come from", "a", "b", "c",
        *["verdict"] * 5, "Verdicts on each evidence", *["evidence"] * 3, "text", "Show all", "csv", "json",
        "claim", "a", "b", "c",
    ]  # fmt: skip
    assert stops.count("matrix") == 1


def test_the_stop_moves_with_the_focus(page):
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    assert [short(stop) for stop in page.locator("#matrix [tabindex='0']").all()] == ["two@c"]
    assert page.locator(":focus").get_attribute("aria-label").startswith("refuted -0.66")


def test_after_a_filter_the_stop_is_a_cell_that_is_shown(page):
    page.get_by_role("checkbox", name="refuted").check()
    assert [short(stop) for stop in page.locator("#matrix [tabindex='0']").all()] == ["two@a"]


def test_what_is_focused_can_be_seen(page):
    style = page.evaluate(
        "(() => { const s = getComputedStyle(document.activeElement); return [s.outlineStyle, parseFloat(s.outlineWidth)] })()"
    )
    page.keyboard.press("ArrowDown")
    style = page.evaluate(
        "(() => { const s = getComputedStyle(document.activeElement); return [s.outlineStyle, parseFloat(s.outlineWidth)] })()"
    )
    assert style[0] == "solid"
    assert style[1] >= 2
