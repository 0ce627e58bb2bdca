"""Evidence is of the study that it names, and a registration asks for the analysis that is made."""

from __future__ import annotations

import dataclasses
import shutil
import subprocess
import sys

import pytest

from marker_claims.registered_design import check_analysis, check_bodies
from marker_claims.sources.registered import registered_sources
from marker_coupling.evidence.values.fields import EvidenceError
from marker_coupling.evidence.values.study_evidence import StudyEvidence
from marker_coupling.study.registration_file import RegistrationError, read_registration

from ..marker_coupling.simulated_study import as_registered, simulated_bodies


@pytest.fixture(scope="module")
def registration(pytestconfig):
    return read_registration(pytestconfig.rootpath / "fixtures" / "adjudication")


@pytest.fixture(scope="module")
def bodies(registration):
    return [as_registered(body, registration) for body in simulated_bodies("", personas=192)]


def test_evidence_on_record_is_of_the_registration(pytestconfig, registration):
    folder = pytestconfig.rootpath / "reports" / "reference" / "adjudication" / "study"
    for name in registration.analysis.base_models:
        path = folder / f"{name}.study.json"
        check_bodies({path: StudyEvidence.read(path)}, registration)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"personas": lambda body: body.personas[::-1]}, "personas: expected its 192 sources"),
        ({"categories": lambda body: body.categories[::-1]}, "categories: expected those of its sources"),
        (
            {"seeds": lambda body: (1, 2, 3, 4, 5)},
            "seeds: expected [42, 137, 256, 1024, 2718] or some of them, in this order",
        ),
        (
            {"seeds": lambda body: body.seeds[::-1]},
            "seeds: expected [42, 137, 256, 1024, 2718] or some of them, in this order",
        ),
        ({"samples": lambda body: 200}, "samples: expected 100, as registration"),
        ({"learning_rate": lambda body: 0.5}, "learning_rate, epochs: expected a setting of its grid"),
        ({"epochs": lambda body: 4}, "got 0.0005 x 4"),
        ({"registration": lambda body: "x"}, "another study's folder is given by --registration"),
    ],
)
def test_a_part_or_another_design_is_refused_by_name(registration, bodies, tmp_path, changes, expected):
    body = dataclasses.replace(bodies[0], **{key: change(bodies[0]) for key, change in changes.items()})
    with pytest.raises(EvidenceError) as caught:
        check_bodies({tmp_path / "mine.study.json": body}, registration)
    assert expected in str(caught.value)
    assert str(caught.value).startswith(f"{tmp_path / 'mine.study.json'}: ")


def test_fewer_of_the_registered_seeds_will_do(registration, bodies, tmp_path):
    whole = bodies[0]
    three = dataclasses.replace(
        whole, seeds=whole.seeds[:3], bystanders=whole.bystanders[:, :3], hits=whole.hits[:, :3],
        forced_log_odds=whole.forced_log_odds[:, :3], untrained_log_odds=whole.untrained_log_odds[:, :3],
        gating_area=whole.gating_area[:, :3], negatives_cosine=whole.negatives_cosine[..., :3],
        bystander_cosine=whole.bystander_cosine[:, :3],
    )  # fmt: skip
    check_bodies({tmp_path / "mine.study.json": three}, registration)


def test_two_files_of_one_base_model_are_told_by_name(pytestconfig, bodies, tmp_path):
    paths = [tmp_path / folder / "m.study.json" for folder in "ab"]
    for path in paths:
        path.parent.mkdir()
        bodies[0].write(path)
    pooled, *members = registered_sources(pytestconfig, paths)
    assert [member.name for member in members] == ["adjudication-m", "adjudication-m-2"]
    assert [len(member.load().bodies) for member in members] == [1, 1]
    with pytest.raises(EvidenceError, match="expected another than that of") as caught:
        pooled.load()
    assert all(str(path) in str(caught.value) for path in paths)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"alpha": 0.05}, "key analysis.alpha: expected 0.025, as the analysis has it, got 0.05"),
        ({"smallest_effect": 0.2}, "key analysis.smallest_effect: expected 0.3"),
        ({"hypotheses": ()}, r"key hypotheses: expected \['cosine', "),
    ],
)
def test_another_analysis_than_the_one_that_is_made_is_refused(registration, tmp_path, changes, expected):
    check_analysis(registration, tmp_path)
    other = dataclasses.replace(registration.analysis, **changes)
    with pytest.raises(RegistrationError, match=expected):
        check_analysis(dataclasses.replace(registration, analysis=other), tmp_path)


def test_another_registered_study_is_judged_by_the_same_claims(pytestconfig, tmp_path):
    """Other people's personas, fewer of them, in a folder of their own."""
    folder = tmp_path / "theirs" / "study"
    shutil.copytree(pytestconfig.rootpath / "fixtures", tmp_path / "theirs")
    (tmp_path / "theirs" / "adjudication").rename(folder)
    text = (folder / "personas.toml").read_text(encoding="utf-8")
    entries = text.split("[[personas]]")
    (folder / "personas.toml").write_text("[[personas]]".join(entries[:97]), encoding="utf-8")
    theirs = read_registration(folder)
    assert len(theirs.personas.sources.personas) == 96
    given = []
    for body in simulated_bodies("", personas=96):
        path = tmp_path / f"{body.base_model}.study.json"
        as_registered(body, theirs).write(path)
        given.append(f"--evidence={path}")

    def run(*options):
        return subprocess.run(
            [
                sys.executable, "-m", "pytest", "tests/claims/test_adjudication.py", "-q", "-p", "no:cacheprovider",
                "--base-model=none", "--claims-report-only", "-k", "test_cosine and adjudication",
                f"--ledger={tmp_path / 'ledger'}", *given, *options,
            ],
            cwd=pytestconfig.rootpath, capture_output=True, text=True, check=False,
        )  # fmt: skip

    refused = run()
    assert "another study's folder is given by --registration" in refused.stdout
    judged = run(f"--registration={folder}")
    assert judged.returncode == 0, judged.stdout
    assert "supported registered-cosine adjudication " in " ".join(judged.stdout.split())
