"""When lines and files were last changed, as Git tells it, and nothing where it does not."""

from __future__ import annotations

import datetime

import pytest

from pytest_claims.core.last_change import NOT_COMMITTED, LastChange
from pytest_claims.running.git_history import changes_of_files, changes_of_lines, run_git

from .conftest import FIRST

SECOND = "2026-03-01T12:00:00+00:00"
OF_A_CLAIM = 'rule = Above(1.0, "of a length that nobody would write twice by chance, or so")'


def commit_lines(repository, *lines, name="claims.py", at=SECOND):
    folder, git = repository
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    git("add", name)
    git("commit", "-m", "more", at=at)
    return LastChange(git("rev-parse", "HEAD"), datetime.datetime.fromisoformat(at))


def test_each_line_has_the_commit_that_last_changed_it(repository):
    folder, _ = repository
    first = commit_lines(repository, "a", "b", "c", "d", at=FIRST)
    second = commit_lines(repository, "a", "B", "  c", "d")
    found = changes_of_lines(folder / "claims.py", [(1, 2), (3, 3)])
    assert found == {1: first, 2: second, 3: first}  # white space does not count
    (folder / "claims.py").write_text("a\nB\nc\nD\n", encoding="utf-8")
    assert changes_of_lines(folder / "claims.py", [(2, 2), (4, 4)]) == {2: second, 4: NOT_COMMITTED}


def test_lines_that_move_keep_their_commit(repository):
    folder, git = repository
    first = commit_lines(repository, "x", OF_A_CLAIM, at=FIRST)
    commit_lines(repository, "x")
    (folder / "claims.py").write_text(f"x\n{OF_A_CLAIM}\n", encoding="utf-8")
    git("reset", "--hard", first.commit)
    (folder / "claims.py").write_text("x\n", encoding="utf-8")
    (folder / "other.py").write_text(f"{OF_A_CLAIM}\n", encoding="utf-8")
    git("add", "--all")
    git("commit", "-m", "move", at=SECOND)
    assert changes_of_lines(folder / "other.py", [(1, 1)]) == {1: first}


def test_a_new_file_is_not_committed(repository):
    folder, git = repository
    (folder / "new.py").write_text("a\nb\n", encoding="utf-8")
    assert changes_of_lines(folder / "new.py", [(1, 2)]) == {1: NOT_COMMITTED, 2: NOT_COMMITTED}
    git("add", "new.py")
    assert changes_of_lines(folder / "new.py", [(2, 2)]) == {2: NOT_COMMITTED}
    empty = folder / "empty"
    empty.mkdir()
    git("init", folder=empty)
    (empty / "new.py").write_text("a\n", encoding="utf-8")
    assert changes_of_lines(empty / "new.py", [(1, 1)]) == {1: NOT_COMMITTED}


def test_outside_git_or_without_it_nothing_is_told(repository, tmp_path_factory, monkeypatch):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(elsewhere.parent))
    (elsewhere / "claims.py").write_text("a\n", encoding="utf-8")
    assert changes_of_lines(elsewhere / "claims.py", [(1, 1)]) == {}
    assert changes_of_files(elsewhere, {"a": ["claims.py"]}) == {}
    folder, _ = repository
    commit_lines(repository, "a")
    assert changes_of_lines(folder / "claims.py", [(7, 9)]) == {}  # no such line
    assert changes_of_lines(folder / "absent.py", [(1, 1)]) == {}
    assert changes_of_lines(folder / "claims.py", [(1, 1)], timeout_s=0) == {}
    monkeypatch.setenv("PATH", str(elsewhere))
    assert changes_of_lines(folder / "claims.py", [(1, 1)]) == {}
    assert changes_of_files(folder, {"a": ["file"]}) == {}


def test_a_git_that_hangs_costs_its_time_limit(tmp_path, monkeypatch):
    slow = tmp_path / "git"
    slow.write_text("#!/bin/sh\nexec sleep 60\n", encoding="utf-8")
    slow.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    assert run_git(tmp_path, "status", timeout_s=0.1) is None


def test_where_the_history_is_cut_off_it_says_so(repository, tmp_path_factory):
    folder, git = repository
    commit_lines(repository, "a", "b", at=FIRST)
    cut = commit_lines(repository, "a", "B", name="claims.py", at=SECOND)
    last = commit_lines(repository, "y", name="data/other.csv", at="2026-04-01T12:00:00+00:00")
    shallow = tmp_path_factory.mktemp("shallow") / "clone"
    git("clone", "--depth=2", f"file://{folder}", str(shallow), folder=folder)
    expected = LastChange(cut.commit, cut.date, or_before=True)
    assert changes_of_lines(shallow / "claims.py", [(1, 2)]) == {1: expected, 2: expected}
    found = changes_of_files(shallow, {"old": ["file"], "new": ["data"]})
    assert found == {"old": expected, "new": last}


def test_settings_and_variables_of_the_user_change_nothing(repository, monkeypatch):
    folder, git = repository
    git("config", "blame.showRoot", "true")
    git("config", "blame.ignoreRevsFile", "ignored")
    git("config", "log.showSignature", "true")
    commit_lines(repository, "a", at=FIRST)
    change = commit_lines(repository, "b")
    (folder / "ignored").write_text(f"{change.commit}\n", encoding="utf-8")
    monkeypatch.setenv("GIT_DIR", str(folder / "absent"))
    assert changes_of_lines(folder / "claims.py", [(1, 1)]) == {1: change}
    assert changes_of_files(folder, {"a": ["claims.py"]}) == {"a": change}


def test_files_and_folders_have_their_last_commit(repository):
    folder, _ = repository
    within = commit_lines(repository, "x", name="data/sub folder/naïve [1].csv")
    later = commit_lines(repository, "y", name="data/other.csv", at="2026-04-01T12:00:00+00:00")
    name = "data/sub folder/naïve [1].csv"
    asked = {
        "one": [name],
        "folder": ["data"],
        "sub": ["data/sub folder/"],
        "two": [name, "data/other.csv"],
        "all": ["."],
    }
    expected = {"one": within, "folder": later, "sub": within, "two": later, "all": later}
    assert changes_of_files(folder, asked) == expected
    # A project may lie in a folder of the repository.
    assert changes_of_files(folder / "data", {"a": ["other.csv"]}) == {"a": later}


@pytest.mark.parametrize(
    "path", ["absent.csv", "../file", "/etc/passwd", "https://example.org/file", "", "a\0b"]
)
def test_what_is_no_file_below_the_root_has_none(repository, path):
    folder, _ = repository
    (folder / "data").mkdir()
    assert changes_of_files(folder / "data", {"a": [path], "b": ["absent", path], "c": []}) == {}


def test_files_that_differ_from_their_commit_are_not_committed(repository):
    folder, _ = repository
    commit_lines(repository, "x", name="data/a.csv")
    commit_lines(repository, "*.log", "kept", name=".gitignore")
    (folder / "data" / "run.log").write_text("ignored beside it", encoding="utf-8")
    asked = {"file": ["data/a.csv"], "folder": ["data"]}
    committed = changes_of_files(folder, asked)
    assert NOT_COMMITTED not in committed.values()
    (folder / "data" / "b.csv").write_text("untracked", encoding="utf-8")
    assert changes_of_files(folder, asked) == committed | {"folder": NOT_COMMITTED}
    (folder / "data" / "a.csv").write_text("y", encoding="utf-8")
    (folder / "kept").write_text("ignored", encoding="utf-8")
    asked |= {"ignored": ["kept"], "log": ["data/run.log"]}
    assert changes_of_files(folder, asked) == dict.fromkeys(asked, NOT_COMMITTED)
