"""The ledger's page as text; what a browser makes of it is in ``browser/``."""

from __future__ import annotations

import base64
import gzip
import json
import re

from pytest_claims.junit.suite import Case
from pytest_claims.ledger.reader import ledger_of
from pytest_claims.rendering.html import MOST_LISTED, anchor_key, as_html

from ..made_reports import large_suite, made_case, made_suite, made_unjudged


def unpacked(page):
    (packed,) = re.findall(r'id="details">([^<]*)</script>', page)
    return json.loads(gzip.decompress(base64.b64decode(packed))) if packed else None


def test_the_same_report_makes_the_same_bytes():
    ledger = ledger_of(large_suite(30, 12))
    assert as_html(ledger) == as_html(ledger)
    assert as_html(ledger, most_listed=0) == as_html(ledger, most_listed=0)


def test_a_long_ledger_lists_nothing_and_keeps_everything():
    suite = large_suite(40, 10)
    page = as_html(ledger_of(suite))
    assert len(suite.cases) > MOST_LISTED
    assert page.count("<article") == 1
    assert sum(view is not None for row in unpacked(page) for view in row["views"]) == 400
    assert (
        page.count('<td class="')
        - page.count('<td class="number')
        - page.count('<td class="bar')
        - page.count('<td class="id')
        - page.count('<td class="date')
        == 400
    )


def test_a_short_ledger_lists_everything_and_packs_nothing():
    page = as_html(ledger_of(large_suite(10, 3)))
    assert page.count("<article") == 31
    assert unpacked(page) is None


def test_a_key_is_the_same_in_every_run_and_unique_in_each():
    again = Case(**{**vars(made_case("a", "b")), "name": "test_again"})
    entries = ledger_of(
        made_suite(
            made_case("a", "b"), again, made_case("a", "b@2"), made_case("a", ""), made_case("a@b", "")
        )
    ).entries
    assert [anchor_key(entry) for entry in entries] == ["a@b", "a@b@2", "a@b%402", "a@", "a%40b@"]


def test_an_empty_ledger_is_a_page_too():
    page = as_html(ledger_of(made_suite()))
    assert "0 judgements of 0 claims on 0 bodies of evidence" in page


def test_a_page_lists_a_thousand_claims_that_were_not_judged_and_counts_the_rest():
    unjudged = (made_unjudged(f"c-{number}", reason="<b>") for number in range(1003))
    page = as_html(ledger_of(made_suite(made_case(), *unjudged)))
    assert page.count("<td>&lt;b&gt;</td>") == 1000
    assert "And 3 more, in ledger.json." in page
    assert "A part of a run" not in page
