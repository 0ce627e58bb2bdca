"""ledger.json: its digests can be checked by anyone, and it holds the summary and the terms."""

from __future__ import annotations

import hashlib
import json

from pytest_claims.ledger.document import digest_of_entry, digest_of_ledger, json_bytes
from pytest_claims.ledger.reader import ledger_of

from ..made_reports import made_case, made_suite

LEDGER = ledger_of(
    made_suite(
        made_case("rain", headline="true", region="refuted -0.3 inf", statement="naïve"),
        made_case("wind", "x", "error"),
        **{"term.rain": "Water that falls."},
    )
)


def test_a_judgements_digest_is_that_of_its_object_with_sorted_keys():
    document = json.loads(json_bytes(LEDGER))
    for entry, claim in zip(LEDGER.entries, document["claims"], strict=True):
        text = json.dumps(claim, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        assert digest_of_entry(entry) == hashlib.sha256(text.encode()).hexdigest()
    assert document["claims"][0]["regions"] == [{"kind": "refuted", "low": -0.3, "high": None}]


def test_the_ledgers_digest_is_that_of_its_file(tmp_path):
    (tmp_path / "ledger.json").write_bytes(json_bytes(LEDGER))
    expected = hashlib.file_digest((tmp_path / "ledger.json").open("rb"), "sha256").hexdigest()
    assert digest_of_ledger(json_bytes(LEDGER)) == expected


def test_summary_and_terms_are_in_it():
    document = json.loads(json_bytes(LEDGER))
    (headline,) = document["summary"]["headlines"]
    assert headline["claim"] == "rain"
    assert headline["sentence"].startswith("naïve: supported on station-12")
    assert document["terms"] == {"rain": "Water that falls."}
    assert not any(name.startswith("term.") for name in document["run"])
