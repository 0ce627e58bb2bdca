"""Citations name version, commit, time and digest."""

from __future__ import annotations

import hashlib
import json

from pytest_claims.ledger.reader import ledger_of
from pytest_claims.rendering.documents import render_documents

from ..made_reports import made_case, made_suite


def test_the_page_cites_the_file_beside_it_and_each_judgement():
    files = render_documents(ledger_of(made_suite(made_case(), project="weather 1.2")))
    page = files["ledger.html"].decode()
    known = "weather 1.2, ledger of claims, 2026-03-01 10:00 UTC, commit 0123456789ab"
    assert f"{known}, ledger.json sha256:{hashlib.sha256(files['ledger.json']).hexdigest()}" in page
    claim = json.loads(files["ledger.json"])["claims"][0]
    text = json.dumps(claim, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    digest = hashlib.sha256(text.encode()).hexdigest()[:16]
    assert f"rain-sells-umbrellas on station-12: supported; {known}, judgement sha256:{digest}" in page
    assert f"To cite: {known}.".encode() in files["ledger.md"]
