"""Figures of evidence on file, and the hook that finishes figures."""

from __future__ import annotations

CLAIMS = """
from matplotlib.figure import Figure
from pytest_claims import Estimate, claim
from above import Above

def judge(evidence, verdict):
    verdict.decide(Estimate("mean", evidence.mean, 3))

@claim("headed", "It is the headline.", rule=Above(1.0), needs=("mean",), headline=True)
def test_headed(evidence, verdict):
    judge(evidence, verdict)
    verdict.figure(Figure)

@claim("drawn", "It is drawn.", rule=Above(1.0), needs=("mean",))
def test_drawn(evidence, verdict):
    judge(evidence, verdict)
    verdict.figure(Figure)

@claim("plain", "It draws nothing.", rule=Above(1.0), needs=("mean",))
def test_plain(evidence, verdict):
    judge(evidence, verdict)
"""
ON_FILE = (
    "replace(numbers('high', 2, 3), has_figures=False, figures_at='drawn with --all <b>', label='High & dry'), "
    "numbers('low', 1)"
)
HOOK = """
def pytest_claims_figure(figure, label, facts):
    {body}
"""


def test_evidence_on_file_has_the_figures_of_the_headline_and_says_where_the_others_are(project):
    project.evidence(ON_FILE)
    project.claims(CLAIMS)
    project.run()
    found = {(entry["id"], entry["evidence"]): entry for entry in project.ledger()["claims"]}
    assert {key: (len(entry["figures"]), entry["figures_at"]) for key, entry in found.items()} == {
        ("headed", "high"): (2, ""), ("drawn", "high"): (0, "drawn with --all <b>"), ("plain", "high"): (0, ""),
        ("headed", "low"): (2, ""), ("drawn", "low"): (2, ""), ("plain", "low"): (0, ""),
    }  # fmt: skip
    page = (project.folder / "ledger.html").read_text(encoding="utf-8")
    assert page.count(">drawn with --all &lt;b&gt;<") == 1
    assert "- **figures**: drawn with --all \\<b\\>" in (project.folder / "ledger.md").read_text(
        encoding="utf-8"
    )


def test_a_project_finishes_its_figures(project):
    project.evidence(ON_FILE)
    conftest = project.pytester.path / "conftest.py"
    body = "print(label, facts['device'], f'{figure.get_figwidth():g}', sep=': ', file=open('told', 'a'))"
    conftest.write_text(conftest.read_text() + HOOK.format(body=body))
    project.claims(CLAIMS)
    project.run()
    told = (project.pytester.path / "told").read_text().splitlines()
    assert sorted(told) == ["High & dry: abacus: 6.4", "low: abacus: 6.4", "low: abacus: 6.4"]


def test_what_the_hook_fails_on_is_a_missing_figure(project):
    project.evidence("numbers('high', 2, 3)")
    conftest = project.pytester.path / "conftest.py"
    conftest.write_text(conftest.read_text() + HOOK.format(body="1 / 0"))
    project.claims(CLAIMS)
    project.run()
    drawn = next(entry for entry in project.ledger()["claims"] if entry["id"] == "drawn")
    assert (drawn["verdict"], drawn["figures"]) == ("supported", [])
    assert drawn["figure_errors"] == ["figure drawn--high: ZeroDivisionError: division by zero"]
