"""Words of the suite come first, and may replace those of every ledger."""

from __future__ import annotations

from pytest_claims.core.kind import KINDS
from pytest_claims.core.origins import ORIGINS
from pytest_claims.ledger.ledger import VERDICTS
from pytest_claims.ledger.reader import ledger_of
from pytest_claims.rendering.definitions import COMMON, definitions
from pytest_claims.rendering.html import as_html

from ..made_reports import made_case, made_suite


def test_every_verdict_kind_and_origin_is_defined():
    assert {*VERDICTS, *KINDS, *ORIGINS} <= COMMON.keys()


def test_a_suite_may_define_a_word_otherwise():
    found = definitions({"rain": "Water.", "p": "Another p."})
    assert found[:2] == [("rain", "Water."), ("p", "Another p.")]
    assert [word for word, _ in found].count("p") == 1


def test_the_page_defines_the_suites_words():
    page = as_html(ledger_of(made_suite(made_case(), **{"term.<rain>": "Water & wind."})))
    assert "<dt>&lt;rain&gt;</dt><dd>Water &amp; wind.</dd>" in page
