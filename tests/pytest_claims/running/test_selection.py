"""A part of a run says that it is one, and never takes the place of the last whole ledger."""

from __future__ import annotations

import pytest

from pytest_claims.ledger.folder import WHOLE

from ..ledger.test_folder import FIGURES

ONLY_HIGH = "not low and not middling"
SECOND = """
@claim("second", "There is a second.", rule=Above(1.0), needs=("mean",))
def test_second(evidence, verdict):
    verdict.decide(Estimate("mean", evidence.mean, 3))
"""
HALTING = """
from pytest_claims import Estimate, claim
from above import Above

@claim("halting", "It may halt.", rule=Above(1.0), needs=("mean",))
def test_halting(evidence, verdict, request):
    if evidence.mean < 0:
        {halt}
    verdict.decide(Estimate("mean", evidence.mean, 3))
"""


def whole(project):
    return {
        name.removeprefix(f"{WHOLE}/"): content
        for name, content in project.files().items()
        if name.startswith(f"{WHOLE}/")
    }


def not_run(project):
    return {(claim["evidence"], claim["why"]) for claim in project.ledger()["not_judged"]}


@pytest.fixture
def judged(project):
    project.run()
    return project


@pytest.mark.parametrize(
    ("options", "left_out"),
    [
        (["-k", ONLY_HIGH], {("low", "deselected"), ("middling", "deselected")}),
        (["--deselect", "test_claims.py::test_mean_is_high[low]"], {("low", "deselected")}),
        (["-x"], {("middling", "not reached")}),
        (["--maxfail=1"], {("middling", "not reached")}),
        (
            ["test_claims.py::test_mean_is_high[high]"],
            {("low", "not collected"), ("middling", "not collected")},
        ),
    ],
    ids=["k", "deselect", "x", "maxfail", "one test"],
)
def test_a_part_is_marked_and_the_last_whole_ledger_is_kept(judged, options, left_out):
    before = judged.files()
    result = judged.run(*options)
    assert not_run(judged) == left_out
    assert judged.ledger()["partial"]
    assert dict(whole(judged).items()) == before
    said = f"{len(left_out)} known judgement{'s were' if len(left_out) > 1 else ' was'} not run"
    result.stdout.fnmatch_lines([f"partial: {said}*", "ledger of this part: ledger/ledger.html"])
    result.stdout.fnmatch_lines(["the last whole ledger: ledger/whole/ledger.html"])
    files = judged.files()
    assert f"> A part of a run: {said}" in files["ledger.md"].decode()
    assert f"Not everything that is known was run: {said}" in files["ledger.html"].decode()
    assert f'name="claims.partial" value="{said}' in files["junit.xml"].decode()


def test_the_whole_ledger_outlives_several_parts_and_ends_with_the_next_whole_one(judged):
    before = judged.files()
    for expression in (ONLY_HIGH, "low", "nothing", ONLY_HIGH):
        judged.run("-k", expression)
        assert whole(judged) == before
    judged.run()
    assert whole(judged) == {}
    assert not (judged.folder / WHOLE).exists()
    assert not judged.ledger()["partial"]


def test_figures_go_with_the_whole_ledger_and_are_attached_from_there(project):
    project.evidence("numbers('high', 2, 3, 4), numbers('low', -2)")
    project.claims(FIGURES)
    project.run()
    project.run("-k", "high")
    kept = whole(project)
    assert kept["figures/drawn--low.png"].startswith(b"\x89PNG")
    assert b"[[ATTACHMENT|ledger/whole/figures/drawn--low.png]]" in kept["junit.xml"]
    assert "figures/drawn--low.png" not in project.files()


def test_the_user_s_own_files_where_the_whole_ledger_is_kept_survive(judged):
    judged.run("-k", ONLY_HIGH)
    (judged.folder / WHOLE / "notes.txt").write_text("mine")
    judged.run()
    assert (judged.folder / WHOLE / "notes.txt").read_text() == "mine"
    before = judged.files()
    result = judged.run("-k", ONLY_HIGH)
    result.stdout.fnmatch_lines(["ERROR: *: the ledger was not written: whole/ in it, where *, is not ours"])
    result.stdout.fnmatch_lines(["supported *mean-is-high *high*"])
    assert judged.files() == before


def test_a_part_without_a_whole_ledger_stands_where_the_whole_one_would(project):
    project.run("-k", ONLY_HIGH)
    assert project.ledger()["partial"]
    assert len(project.ledger()["claims"]) == 1
    assert not (project.folder / WHOLE).exists()


def test_paths_that_hold_all_claims_are_no_part(judged):
    judged.pytester.makepyfile(test_ordinary="def test_a(): pass")
    judged.run("test_claims.py")
    assert not judged.ledger()["partial"]
    judged.run()
    assert not judged.ledger()["partial"]


def test_claims_outside_the_given_paths_are_known_from_the_last_ledger(project):
    project.pytester.makepyfile(test_other=f"{HEAD}{SECOND}")
    project.run()
    project.run("test_claims.py")
    assert not_run(project) == {(name, "not collected") for name in ("high", "low", "middling")}
    assert {claim["id"] for claim in project.ledger()["not_judged"]} == {"second"}
    assert {claim["reason"] for claim in project.ledger()["not_judged"]} == {
        "its file is outside the paths that pytest was given"
    }


def test_claims_that_are_gone_are_counted_once_and_make_no_part(project):
    project.pytester.makepyfile(test_other=f"{HEAD}{SECOND}")
    project.run()
    (project.pytester.path / "test_other.py").unlink()
    result = project.run()
    result.stdout.fnmatch_lines(["3 judgements of the last ledger are not in this one"])
    assert not project.ledger()["partial"]
    project.run().stdout.no_fnmatch_line("*judgements of the last ledger*")


def test_a_file_that_cannot_be_collected_makes_a_part(project):
    project.pytester.makepyfile(test_other=f"{HEAD}{SECOND}")
    project.run()
    project.pytester.makepyfile(test_other="import nothing_of_this_name")
    project.run("--continue-on-collection-errors")
    assert not_run(project) == {(name, "not collected") for name in ("high", "low", "middling")}
    assert b'message="collection failure"' in project.files()["junit.xml"]
    assert "1 file could not be collected" in project.ledger()["run"]["claims.partial"]


def test_only_what_failed_is_a_part(project):
    project.run(uses="cacheprovider")
    project.run("--last-failed", uses="cacheprovider")
    assert not_run(project) == {(name, "not collected") for name in ("high", "middling")}
    project.run("--failed-first", uses="cacheprovider")
    assert not project.ledger()["partial"]


@pytest.mark.parametrize(
    ("halt", "reason"),
    [
        ("raise KeyboardInterrupt", "the run was interrupted"),
        ("import pytest; pytest.exit('enough')", "the run was interrupted"),
        ("request.session.shouldstop = 'I am tired'; return", "I am tired"),
    ],
)
def test_a_run_that_halts_says_what_it_did_not_reach(project, halt, reason):
    project.claims(HALTING.format(halt="pass"))
    project.run()
    project.claims(HALTING.format(halt=halt))
    if "Keyboard" in halt:  # in this process, it would stop us as well
        project.pytester.runpytest_subprocess("-p", "no:randomly", "-p", "no:cacheprovider")
    else:
        project.run()
    reached = {("middling", reason)} if "tired" in halt else {("low", reason), ("middling", reason)}
    assert {(c["evidence"], c["reason"]) for c in project.ledger()["not_judged"]} == reached
    assert len(whole(project)) == 5


def test_a_worker_that_crashes_leaves_a_part_and_the_whole(project):
    project.claims(HALTING.format(halt="pass"))
    project.run()
    project.claims(HALTING.format(halt="import os; os._exit(3)"))
    project.run("--tx=popen", "--dist=load", "--max-worker-restart=0")
    assert project.entries()["low"]["verdict"] == "error"
    assert not_run(project) == {("middling", "not reached")}
    assert len(whole(project)) == 5


HEAD = """
from pytest_claims import Estimate, claim
from above import Above
"""
