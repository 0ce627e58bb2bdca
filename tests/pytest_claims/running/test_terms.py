"""The file of terms: its words reach the ledger, and a fault in it is one line."""

from __future__ import annotations

import pytest


def with_terms(project, text):
    project.pytester.makefile(
        ".ini",
        pytest="[pytest]\nclaims_ledger = ledger\nclaims_record = record.json\nclaims_terms = terms.toml\n",
    )
    (project.pytester.path / "terms.toml").write_text(text, encoding="utf-8")


def test_words_of_the_suite_are_in_the_ledger(project):
    with_terms(project, '[terms]\n"mean" = """The sum,\ndivided."""\n')
    project.run()
    assert project.ledger()["terms"] == {"mean": "The sum, divided."}
    assert b"<dt>mean</dt><dd>The sum, divided.</dd>" in project.files()["ledger.html"]


@pytest.mark.parametrize(
    ("text", "said"),
    [('[terms]\nmean = 3\n', "mean"), ("terms = 1\n", "terms"), ("[terms\n", "line 1"), ('[words]\na = "b"\n', "key terms")],
)  # fmt: skip
def test_a_fault_is_one_line_that_names_file_and_key(project, text, said):
    with_terms(project, text)
    result = project.run()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    (line,) = [line for line in result.errlines if "claims_terms" in line]
    assert "terms.toml" in line
    assert said in line


def test_a_missing_file_is_one_line(project):
    with_terms(project, "")
    (project.pytester.path / "terms.toml").unlink()
    assert any("terms.toml" in line for line in project.run().errlines)
