"""A ledger is written into a folder of its own, and nothing that is not ours is lost."""

from __future__ import annotations

import json
import shutil
import sys
import threading

import pytest

from pytest_claims.ledger import folder as ledger_folder
from pytest_claims.ledger.mark import MARK

FIGURES = """
from matplotlib.figure import Figure
from pytest_claims import Estimate, claim
from above import Above

@claim("drawn", "It is drawn.", rule=Above(1.0), needs=("mean",))
def test_drawn(evidence, verdict):
    verdict.decide(Estimate("mean", evidence.mean, 3))
    verdict.figure(Figure(figsize=(1, 1)))
"""
EXPECTED = "expected a folder for the ledger alone: new, empty, or written by pytest-claims"


def refused(project, folder, why):
    result = project.run("--ledger", str(folder))
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    lines = [line for line in result.stderr.lines if line]
    assert len(lines) == 1
    assert lines[0].startswith("ERROR: --ledger ")
    assert lines[0].endswith(f"{EXPECTED}; {why}")
    assert not list(project.pytester.path.rglob(".pytest-claims-run-*")), "the staging folder is left behind"


def content(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_folder_with_the_user_s_files_is_refused_before_the_run(project, monkeypatch):
    monkeypatch.setattr(sys, "dont_write_bytecode", True)  # else a folder more is there after the first run
    folder = project.pytester.path / "mine"
    (folder / "figures").mkdir(parents=True)
    (folder / "figures/mine.txt").write_text("mine")
    (folder / "ledger.md").write_text("my own")
    before = content(folder)
    refused(project, folder, "it holds figures, ledger.md")
    refused(project, ".", "it holds above.py, conftest.py, mine and 2 more")
    assert content(folder) == before


def test_a_file_and_a_link_to_nothing_are_refused(project):
    (project.pytester.path / "file").write_text("a file")
    refused(project, "file", "got a file")
    (project.pytester.path / "link").symlink_to("nowhere")
    refused(project, "link", "got a link to nothing")


@pytest.fixture
def drawing(project):
    project.evidence("numbers('high', 2, 3, 4)")
    project.claims(FIGURES)
    return project


@pytest.mark.parametrize("name", ["ledger.json", "junit.xml", "ledger.html"])
def test_a_file_of_a_document_s_name_alone_does_not_make_a_folder_ours(project, name):
    folder = project.pytester.path / "mine"
    folder.mkdir()
    (folder / name).write_text('{"schema": 1, "accounts": []}')
    refused(project, folder, f"it holds {name}")


def test_an_empty_folder_and_a_link_to_one_are_written_into(project):
    real, link = project.pytester.path / "real", project.pytester.path / "link"
    real.mkdir()
    (real / ".gitkeep").touch()
    link.symlink_to(real)
    project.run("--ledger", "link")
    assert link.is_symlink()
    assert {MARK, "junit.xml", "ledger.html", "ledger.json", "ledger.md"} == set(content(real)) - {".gitkeep"}


def test_the_user_s_files_in_a_folder_of_ours_survive(drawing):
    project = drawing
    project.run()
    (project.folder / "figures/mine.png").write_bytes(b"mine")
    (project.folder / "notes").mkdir()
    (project.folder / "notes/ledger.md").write_text("mine")
    project.claims(FIGURES.replace('"drawn", "It', '"redrawn", "It'))
    project.run()
    files = project.files()
    assert files["figures/mine.png"] == b"mine"
    assert files["notes/ledger.md"] == b"mine"
    assert "figures/redrawn--high.png" in files
    assert not any(name.startswith("figures/drawn") for name in files)


def test_a_user_s_file_at_the_path_of_a_figure_stays_and_it_is_said(drawing):
    project = drawing
    project.claims(FIGURES.replace('"drawn", "It', '"redrawn", "It'))
    project.run()
    (project.folder / "figures/drawn--high.png").write_bytes(b"mine")
    project.claims(FIGURES)
    result = project.run()
    assert project.files()["figures/drawn--high.png"] == b"mine"
    result.stdout.fnmatch_lines(
        ["ledger/figures/drawn--high.png: not written, as a file of that name is not ours"]
    )


def test_a_document_of_the_user_s_in_a_folder_of_ours_is_refused(project):
    project.run()
    mark = json.loads((project.folder / MARK).read_text())
    mark["files"].remove("ledger.md")
    (project.folder / MARK).write_text(json.dumps(mark))
    refused(project, "ledger", "ledger.md in it is not ours")


def test_a_mark_that_was_tampered_with_names_nothing_outside(project):
    project.run()
    victim = project.pytester.path / "victim.png"
    victim.write_text("mine")
    mark = json.loads((project.folder / MARK).read_text())
    mark["files"] += ["../victim.png", str(victim), "figures/../../victim.png", 3]
    (project.folder / MARK).write_text(json.dumps(mark))
    project.run()
    assert victim.read_text() == "mine"


def test_a_ledger_of_an_earlier_version_is_known_by_its_content(drawing):
    project = drawing
    project.run()
    (project.folder / MARK).unlink()
    (project.folder / "figures/mine.png").write_bytes(b"mine")
    project.claims(FIGURES.replace('"drawn", "It', '"redrawn", "It'))
    project.run()
    files = project.files()
    assert MARK in files
    assert files["figures/mine.png"] == b"mine"
    assert "figures/drawn--high.png" not in files


def test_figures_that_are_a_link_out_of_the_folder_are_not_written_through(drawing, tmp_path):
    project = drawing
    project.run()
    shutil.rmtree(project.folder / "figures")
    (project.folder / "figures").symlink_to(tmp_path)
    result = project.run()
    assert list(tmp_path.iterdir()) == []
    result.stdout.fnmatch_lines(
        ["ERROR: *: the ledger was not written: figures in it: expected a folder, got a link"]
    )


def test_a_full_disk_costs_the_ledger_and_no_verdict(project, monkeypatch):
    project.run()
    before = project.files()

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(ledger_folder.Path, "write_bytes", full)
    result = project.run()
    monkeypatch.undo()
    result.stdout.fnmatch_lines(["refuted *mean-is-high *low*"])
    result.stdout.fnmatch_lines(["ERROR: *ledger: the ledger was not written: *No space left on device"])
    assert result.ret == pytest.ExitCode.INTERNAL_ERROR
    assert project.files() == before


def test_a_folder_that_was_removed_meanwhile_is_made_again(project):
    project.claims(
        """
        import shutil
        from pathlib import Path
        from pytest_claims import Estimate, claim
        from above import Above

        @claim("cleaner", "It cleans up.", rule=Above(1.0), needs=("mean",))
        def test_cleaner(evidence, verdict):
            shutil.rmtree("ledger", ignore_errors=True)
            verdict.decide(Estimate("mean", evidence.mean, 3))
        """
    )
    project.run()
    result = project.run()
    result.stdout.fnmatch_lines(["supported *cleaner *high*"])


def test_two_runs_at_once_leave_one_whole_ledger(tmp_path):
    folder = tmp_path / "ledger"
    names = ("junit.xml", "ledger.json", "ledger.md", "ledger.html")

    def write(number):
        staged = tmp_path / f"staged-{number}"
        (staged / "figures").mkdir(parents=True)
        (staged / f"figures/of-{number}.png").write_bytes(b"%d" % number)
        with ledger_folder.lock_folder(folder):
            ledger_folder.publish(
                staged, folder, dict.fromkeys(names, b"%d" % number), partial=number % 3 == 0, judged=1
            )

    threads = [threading.Thread(target=write, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (last,) = {(folder / name).read_bytes() for name in names}
    assert [path.name for path in (folder / "figures").iterdir()] == [f"of-{last.decode()}.png"]
