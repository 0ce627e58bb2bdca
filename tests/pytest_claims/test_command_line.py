"""``python -m pytest_claims``: what it writes, says and returns."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from pytest_claims.command_line import main

from .made_reports import made_case, made_report

PNG = b"\x89PNG\r\n\x1a\n and so on"


@pytest.fixture
def report(tmp_path):
    """Write a report and return its path."""

    def write(name, *cases, **facts):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_bytes(made_report(*cases, **facts) if cases else b"<html/>")
        return str(path)

    return write


def run(capsys, *arguments):
    status = main([str(argument) for argument in arguments])
    output = capsys.readouterr()
    return status, output.out, output.err


def test_diff_of_the_same_is_0(capsys, report):
    old, new = (
        report("old.xml", made_case()),
        report("new.xml", made_case(), started="2026-05-01T00:00:00+00:00"),
    )
    status, out, err = run(capsys, "diff", old, new)
    assert (status, err) == (0, "")
    assert out.splitlines()[-1] == "the same: 1 judgement"


@pytest.mark.parametrize(
    ("cases", "line"),
    [
        ([made_case(verdict="refuted")], "  rain-sells-umbrellas on station-12: supported, -0.66 [-0.96, -0.36] -> refuted, -0.66 [-0.96, -0.36]"),
        ([made_case(value=-0.2)], "  rain-sells-umbrellas on station-12: Pearson r -0.66 [-0.96, -0.36] -> -0.20 [-0.50, 0.10]"),
        ([made_case(rule="a rule")], "  rain-sells-umbrellas on station-12: rule: supported if r < 0 and p < 0.05; refuted if the 95% interval excludes r <= -0.3, or r > 0 and p < 0.05 -> a rule"),
        ([made_case(), made_case("new")], "  new on station-12: supported, -0.66 [-0.96, -0.36]"),
        ([made_case("new")], "  rain-sells-umbrellas on station-12: supported, -0.66 [-0.96, -0.36]"),
        ([made_case(evidence_sha256="ab" * 32)], "-> abababababab (determined by the same, yet other numbers)"),
    ],
)  # fmt: skip
def test_diff_of_what_changed_is_1_and_says_what(capsys, report, cases, line):
    status, out, err = run(capsys, "diff", report("old.xml", made_case()), report("new.xml", *cases))
    assert (status, err) == (1, "")
    assert any(found == line or found.endswith(line) for found in out.splitlines()), out


def test_diff_that_cannot_compare_is_2_and_one_line(capsys, report, tmp_path):
    good, bad = report("good.xml", made_case()), report("bad.xml")
    for pair in ((good, bad), (bad, good), (good, tmp_path / "absent.xml"), (tmp_path, good)):
        status, out, err = run(capsys, "diff", *pair)
        assert (status, out) == (2, "")
        assert err.startswith("error: ")
        assert err.count("\n") == 1


def test_diff_is_2_if_the_same_is_not_known(capsys, report):
    partly = [made_case(), made_case("unknown", verdict="maybe")]
    old, new = report("old.xml", *partly), report("new.xml", *partly)
    status, _, err = run(capsys, "diff", old, new)
    assert status == 2
    assert "could not compare: the same as far as the reports can be read" in err
    assert err.count("left out: claim unknown on station-12") == 2
    assert run(capsys, "diff", old, report("new.xml", made_case(verdict="refuted"), partly[1]))[0] == 1


def test_diff_writes_a_page(capsys, report, tmp_path):
    page = tmp_path / "deep" / "diff.html"
    status, out, _ = run(
        capsys, "diff", report("old.xml", made_case()), report("new.xml", made_case("b")), "--html", page
    )
    assert status == 1
    assert f"page: {page}" in out
    assert "Judgements that went" in page.read_text(encoding="utf-8")


def test_diff_whose_page_cannot_be_written_is_2(capsys, report, tmp_path):
    status, _, err = run(
        capsys, "diff", report("old.xml", made_case()), report("new.xml", made_case()), "--html", tmp_path
    )
    assert status == 2
    assert err.startswith(f"error: {tmp_path}: expected a place that can be written")


def test_usage_errors_are_2():
    for arguments in (
        ["diff", "one.xml"],
        ["ledger", "x.xml", "--limit-mib", "0"],
        ["ledger", "x.xml", "--figures", "no"],
        [],
    ):
        with pytest.raises(SystemExit) as stopped:
            main(arguments)
        assert stopped.value.code == 2


def test_history_of_a_folder_says_what_it_left_out(capsys, report, tmp_path):
    report("runs/1.xml", made_case(), started="2026-01-01T00:00:00+00:00")
    report(
        "runs/deep/2.xml",
        made_case(verdict="refuted"),
        made_case("new", verdict="error"),
        started="2026-01-02T00:00:00+00:00",
    )
    report("runs/broken.xml")
    page = tmp_path / "history.html"
    status, out, err = run(capsys, "history", tmp_path / "runs", "--html", page)
    assert status == 0
    assert (
        err
        == f"left out: {tmp_path}/runs/broken.xml: expected a <testsuites> or <testsuite> report, got <html>\n"
    )
    lines = out.splitlines()
    assert lines[0] == "2 runs, the earliest first:"
    assert "✓✕  rain-sells-umbrellas  station-12  -0.66 [-0.96, -0.36]  verdict changed" in lines
    assert "·!  new                   station-12" in lines
    assert page.read_text(encoding="utf-8").count('<article class="track">') == 2


def test_history_of_nothing_is_an_error(capsys, report, tmp_path):
    (tmp_path / "empty").mkdir()
    status, _, err = run(capsys, "history", tmp_path / "empty", "--html", tmp_path / "x.html")
    assert status == 1
    assert "expected JUnit reports with claims, found none" in err
    assert not (tmp_path / "x.html").exists()


def test_ledger_beside_the_report_or_elsewhere_with_its_figures(capsys, report, tmp_path):
    path = report(
        "run/junit.xml", made_case(figure="figures/a.png"), made_case("b", figure="figures/gone.png")
    )
    (tmp_path / "run/figures").mkdir()
    (tmp_path / "run/figures/a.png").write_bytes(PNG)
    status, out, err = run(capsys, "ledger", path, "--output", tmp_path / "other")
    assert (status, err) == (0, "")
    assert out.splitlines() == [
        str(tmp_path / "other" / name) for name in ("ledger.json", "ledger.md", "ledger.html")
    ]
    assert (tmp_path / "other/figures/a.png").read_bytes() == PNG
    assert 'src="figures/a.png"' in (tmp_path / "other/ledger.html").read_text(encoding="utf-8")


def test_ledger_with_its_figures_embedded(capsys, report, tmp_path):
    path = report(
        "run/junit.xml", made_case(figure="figures/a.png"), made_case("b", figure="figures/gone.png")
    )
    (tmp_path / "run/figures").mkdir()
    (tmp_path / "run/figures/a.png").write_bytes(PNG)
    run(capsys, "ledger", path, "--output", tmp_path / "other", "--figures", "embed")
    page = (tmp_path / "other/ledger.html").read_text(encoding="utf-8")
    assert 'src="data:image/png;base64,iVBOR' in page
    assert "figures/gone.png was not found" in page
    assert not (tmp_path / "other/figures").exists()


def test_a_link_out_of_the_folder_is_not_followed(capsys, report, tmp_path):
    path = report("run/junit.xml", made_case(figure="figures/a.png"))
    (tmp_path / "secret.png").write_bytes(PNG)
    (tmp_path / "run/figures").mkdir()
    (tmp_path / "run/figures/a.png").symlink_to(tmp_path / "secret.png")
    run(capsys, "ledger", path, "--output", tmp_path / "other")
    assert not (tmp_path / "other/figures").exists()
    run(capsys, "ledger", path, "--figures", "embed")
    assert "data:image/png" not in (tmp_path / "run/ledger.html").read_text(encoding="utf-8")


def test_summary_prints_markdown_without_figures(report):
    path = report("junit.xml", made_case(figure="figures/a.png"))
    done = subprocess.run(
        [sys.executable, "-m", "pytest_claims", "summary", path],
        capture_output=True, check=True, env={"PYTHONIOENCODING": "ascii", "PATH": ""},
    )  # fmt: skip
    text = done.stdout.decode()
    assert text.startswith("# Ledger of claims\n\n1 judgements; 1 finding (of inferences): 🟢 1 supported.")
    assert "figures/a.png" not in text


def test_a_report_over_the_limit(capsys, report):
    path = report(
        "junit.xml",
        made_case(statement="x" * 90_000),
        *[made_case(f"c-{n}", source="x" * 90_000) for n in range(12)],
    )
    status, _, err = run(capsys, "ledger", path, "--limit-mib", "1")
    assert status == 1
    assert err == f"error: {path}: expected at most 1 MiB, got more; --limit-mib allows a larger report\n"
    assert run(capsys, "ledger", path, "--limit-mib", "2")[0] == 0


def test_terminal_escapes_of_a_report_do_not_reach_the_terminal(capsys, report):
    hostile = "\u009b31m\u202egnp\u2028 x"
    old, new = (
        report("old.xml", made_case(hostile)),
        report("new.xml", made_case(hostile, verdict="refuted", rule=hostile)),
    )
    _, out, _ = run(capsys, "diff", old, new)
    _, table, _ = run(capsys, "history", old, new, "--html", new + ".html")
    for text in (out, table):
        assert not set(text) & {"\x1b", "\u009b", "\u202e", "\u2028"}


def test_json_is_what_the_report_says(capsys, report, tmp_path):
    run(capsys, "ledger", report("junit.xml", made_case(verdict="inconclusive")))
    (claim,) = json.loads((tmp_path / "ledger.json").read_text(encoding="utf-8"))["claims"]
    assert (claim["verdict"], claim["estimate"], claim["needed_n"]) == ("inconclusive", -0.66, 24)


@pytest.mark.parametrize("name", ["ledger.json", "ledger.md", "ledger.html"])
def test_a_file_that_is_not_ours_is_never_written_over(capsys, report, tmp_path, name):
    path = report("run/junit.xml", made_case())
    mine = tmp_path / "run" / name
    mine.write_text("my own")
    status, out, err = run(capsys, "ledger", path)
    assert (status, out) == (1, "")
    assert err == f"error: {tmp_path / 'run'}: {name} in it is not ours, and stays as it is\n"
    assert {file.name for file in (tmp_path / "run").iterdir()} == {"junit.xml", name}
    assert mine.read_text() == "my own"


def test_files_of_ours_are_written_over_and_the_user_s_figures_stay(capsys, report, tmp_path):
    path = report("run/junit.xml", made_case(figure="figures/a.png"))
    for folder, content in (("run", PNG), ("other", b"mine")):
        (tmp_path / folder / "figures").mkdir(parents=True)
        (tmp_path / folder / "figures/a.png").write_bytes(content)
    for _ in range(2):
        assert run(capsys, "ledger", path, "--output", tmp_path / "other")[0] == 0
    assert (tmp_path / "other/figures/a.png").read_bytes() == b"mine"


@pytest.mark.parametrize("command", ["diff", "history"])
def test_a_page_is_written_over_a_page_and_nothing_else(capsys, report, tmp_path, command):
    paths = [report("a.xml", made_case()), report("b.xml", made_case())]
    page = tmp_path / "page.html"
    for _ in range(2):
        assert run(capsys, command, *paths, "--html", page)[0] == 0
    page.write_text("<!DOCTYPE html><title>My page</title>")
    status, _, err = run(capsys, command, *paths, "--html", page)
    assert status == (2 if command == "diff" else 1)
    assert err == f"error: {page}: it is not a page of ours, and stays as it is; name another file\n"
    assert "My page" in page.read_text()
