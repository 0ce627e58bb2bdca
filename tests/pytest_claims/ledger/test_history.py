"""Runs in the order in which they began, and every judgement followed through them."""

from __future__ import annotations

from pytest_claims.ledger.history import Track, history_of, report_files
from pytest_claims.ledger.reader import ledger_of

from ..made_reports import made_case, made_suite


def run(started, *cases):
    return ledger_of(made_suite(*cases, started=started))


def test_runs_are_in_the_order_in_which_they_began_whatever_their_zone_and_name():
    found = history_of(
        {
            "c.xml": run("2026-01-01T10:00:00+00:00", made_case()),
            "a.xml": run("2026-01-01T10:30:00+01:00", made_case()),
            "d.xml": run("yesterday", made_case()),
            "b.xml": run("2026-01-01T09:45:00", made_case()),
            "e.xml": run("", made_case()),
        }
    )
    assert [run.name for run in found.runs] == ["a.xml", "b.xml", "c.xml", "d.xml", "e.xml"]


def test_a_judgement_that_a_run_lacks_is_a_gap():
    found = history_of(
        {
            "1": run("2026-01-01", made_case("old"), made_case("both")),
            "2": run("2026-01-02", made_case("both", verdict="refuted"), made_case("new")),
        }
    )
    tracks = {track.last.id: [entry and entry.verdict for entry in track.entries] for track in found.tracks}
    assert tracks == {
        "both": ["supported", "refuted"],
        "new": [None, "supported"],
        "old": ["supported", None],
    }
    assert list(tracks) == ["both", "new", "old"]


def test_what_changed_on_the_way_is_known():
    def track(*cases):
        return Track(
            tuple(None if case is None else ledger_of(made_suite(case)).entries[0] for case in cases)
        )

    assert not track(made_case(), made_case()).verdict_changed
    assert track(made_case(), None, made_case(verdict="error")).verdict_changed
    assert track(made_case(value=-0.9, half_width=0.1), None, made_case(value=-0.5, half_width=0.1)).moved
    assert not track(made_case(value=-0.9, half_width=0.1), made_case(value=-0.85, half_width=0.1)).moved
    other = made_case(evidence_sha256="ab")
    assert track(made_case(), made_case(), None, other, made_case(verdict="error"), other).new_evidence() == (
        3,
    )


def test_what_was_left_out_is_kept_with_its_file():
    found = history_of(
        {"1.xml": run("2026-01-01", made_case(), made_case("x", verdict="maybe"))}, ["2.xml: no report"]
    )
    assert found.left_out[0] == "2.xml: no report"
    assert found.left_out[1].startswith("1.xml: claim x on station-12: property claim.verdict")


def test_folders_are_searched_and_each_file_is_taken_once(tmp_path):
    (tmp_path / "deep" / "er").mkdir(parents=True)
    for name in ("b.xml", "a.xml", "deep/er/c.xml", "deep/d.txt"):
        (tmp_path / name).write_text("")
    names = [path.name for path in report_files([tmp_path, tmp_path / "a.xml", tmp_path / "deep/../b.xml"])]
    assert names == ["a.xml", "b.xml", "c.xml"]
    assert report_files([tmp_path / "absent.xml"]) == [tmp_path / "absent.xml"]
    (tmp_path / "empty").mkdir()
    assert report_files([tmp_path / "empty"]) == []
