"""A large ledger: how long its page takes to make, to open in Chromium and to filter, against a tenth of it."""

from __future__ import annotations

import json
import os
import platform
import statistics
import time

import pytest

from pytest_claims.junit.writer import to_xml
from pytest_claims.ledger.reader import read_ledger
from pytest_claims.rendering.documents import render_documents

from ..pytest_claims.made_reports import large_suite

pytestmark = pytest.mark.benchmark

SIZES = {"large": (1000, 20), "baseline": (100, 20)}
TURNS = 7
# Until the next frame has been drawn after something was done.
FRAME = "await new Promise(done => requestAnimationFrame(() => setTimeout(done)));"
OPENED = "performance.getEntriesByType('navigation')[0].loadEventEnd"
FILTERS = {
    "by_verdict": "form.querySelector('[value=refuted]').click()",
    "by_evidence": "form.querySelector('[name=evidence]').click()",
    "by_text": "form.elements.text.value = 'kind 12'; form.dispatchEvent(new Event('input'))",
    "show_all": "document.querySelector('button[type=reset]').click()",
    "sort": "document.querySelectorAll('#matrix thead button')[2].click()",
    "open_a_cell": "document.querySelectorAll('#matrix td[class]')[77].click()",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("pages")


def made(folder, name):
    """Seconds from the report's XML to all files of the ledger."""
    report = folder / f"{name}.xml"
    report.write_bytes(to_xml(large_suite(*SIZES[name])))
    started = time.perf_counter()
    files = render_documents(read_ledger(report))
    seconds = time.perf_counter() - started
    (folder / f"{name}.html").write_bytes(files["ledger.html"])
    return round(seconds, 2), report.stat().st_size, len(files["ledger.html"])


def opened_and_filtered(chromium, path):
    """Milliseconds until the page is loaded, and until each filter shows."""
    page = chromium.page(viewport={"width": 1600, "height": 1000})
    page.goto(path.as_uri())
    found = {"open": page.evaluate(OPENED)}
    for name, action in FILTERS.items():
        found[name] = page.evaluate(
            f"async () => {{ const form = document.getElementById('filter'); const start = performance.now();"
            f" {action}; {FRAME} return performance.now() - start }}"
        )
    page.wait_for_selector("dialog[open] article")
    page.close()
    return found


def test_a_large_ledger(folder, chromium, reports):
    report = {"benchmark": "ledger page", "turns": TURNS, "chromium": chromium.version}
    for name, (claims, evidence) in SIZES.items():
        seconds, report_bytes, page_bytes = made(folder, name)
        report[name] = {
            "claims": claims,
            "evidence": evidence,
            "made_s": seconds,
            "report_mb": round(report_bytes / 1e6, 1),
            "page_mb": round(page_bytes / 1e6, 1),
        }
    turns = {name: [] for name in SIZES}
    for _ in range(TURNS):
        for name in SIZES:
            turns[name].append(opened_and_filtered(chromium, folder / f"{name}.html"))
    for name, found in turns.items():
        for what in found[0]:
            times = sorted(turn[what] for turn in found)
            report[name][f"{what}_ms"] = {
                "median": round(statistics.median(times)), "low": round(times[0]), "high": round(times[-1]),
            }  # fmt: skip
    report["ratio_of_opening"] = round(
        report["large"]["open_ms"]["median"] / report["baseline"]["open_ms"]["median"], 1
    )
    report |= {"load": round(os.getloadavg()[0], 1), "processor": platform.processor() or platform.machine()}
    (reports / "ledger-page.json").write_text(json.dumps(report, indent=1) + "\n")
    print(f"\n{json.dumps(report, indent=1)}")
