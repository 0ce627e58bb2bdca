"""Evidence of a registered study is judged by the registered analysis, base models together and alone."""

from __future__ import annotations

import dataclasses
import json
import math
import shutil
import subprocess
import sys
from types import SimpleNamespace

import pytest

from marker_claims.registered_study import MEASURES, RegisteredDecision, RegisteredStudy
from marker_claims.sources.registered import registered_sources
from marker_coupling.analysis.data.arrays import AnalysisError
from marker_coupling.evidence.values.fields import EvidenceError
from marker_coupling.study.registration_file import RegistrationError, read_registration
from marker_coupling.study.smoke import smoke_registration
from pytest_claims import Estimate

from ..marker_coupling.simulated_answers import couplings
from ..marker_coupling.simulated_study import as_registered, simulated_bodies


@pytest.fixture(scope="module")
def registration(pytestconfig):
    whole = read_registration(pytestconfig.rootpath / "fixtures" / "adjudication")
    return dataclasses.replace(whole, analysis=dataclasses.replace(whole.analysis, permutations=199))


@pytest.fixture(scope="module")
def study(registration):
    return RegisteredStudy(simulated_bodies(registration.digest), registration)


def test_a_planted_effect_is_supported_with_the_interval_that_decides(study):
    estimate, result = study.estimate("cosine"), study.result("cosine")
    decision = RegisteredDecision().decide(estimate)
    assert decision.verdict == "supported"
    shown = estimate.value, estimate.ci_low, estimate.ci_high
    assert shown == (result.true.value, result.true.low, result.true.high)
    assert estimate.p_value == result.p_adjusted <= 0.025
    assert estimate.ci_level == 0.99
    # The claimed correlation is negative; refuted is the opposite, or what lies within the smallest effect.
    assert [(region.kind, region.low, region.high) for region in decision.regions[:3]] == [
        ("supported", -math.inf, 0.0), ("refuted", 0.0, math.inf), ("refuted", -0.3, 0.3),
    ]  # fmt: skip
    assert "over 2 base models" in estimate.statistic
    assert result.decision.reason in decision.reason
    assert estimate.n == 96


def test_no_effect_is_not_supported(registration):
    none = RegisteredStudy(simulated_bodies(registration.digest, true_r=0.0, seed=5), registration)
    assert RegisteredDecision().decide(none.estimate("cosine")).verdict != "supported"


def test_the_rule_takes_nothing_else():
    with pytest.raises(TypeError, match="expected a HypothesisEstimate, got Estimate"):
        RegisteredDecision().decide(Estimate("r", 0.1, 10))


def test_the_rule_says_what_is_registered(registration):
    rule, registered = RegisteredDecision(), registration.analysis
    assert (rule.smallest_effect, rule.alpha) == (registered.smallest_effect, registered.alpha)


def test_a_base_model_that_is_not_valid_is_left_out_and_says_so(registration):
    bodies, reason = simulated_bodies(registration.digest), {"model-1": "descriptions disagree"}
    study = RegisteredStudy(bodies, registration, reason)
    assert list(study.analysis.by_base_model) == ["model-2"]
    assert "model-1 left out: descriptions disagree" in study.estimate("cosine").detail
    none = RegisteredStudy(bodies[:1], registration, reason)
    # What adapters do tells something all the same, and so do cosines of a model whose outcome is unreliable.
    uninformative = dict.fromkeys(
        ("registered_study", "registered_cosines"), "model-1: descriptions disagree"
    )
    assert none.uninformative == uninformative
    strict = dataclasses.replace(
        registration, calibration=dataclasses.replace(registration.calibration, least_reliability=0.999)
    )
    unreliable = RegisteredStudy(simulated_bodies(strict.digest), strict)
    assert set(unreliable.uninformative) == {"registered_study"}


def test_evidence_of_something_else_is_refused(registration):
    first, second = simulated_bodies(registration.digest)
    with pytest.raises(EvidenceError, match="model-2: registration: expected "):
        RegisteredStudy((first, dataclasses.replace(second, registration="x")), registration)
    with pytest.raises(EvidenceError, match=r"outcome: expected the same .* got \['area', 'source'\]"):
        RegisteredStudy((first, dataclasses.replace(second, outcome="area")), registration)


def test_the_digest_is_of_the_numbers_and_the_key_of_what_determined_them(registration, study):
    first, second = simulated_bodies(registration.digest)
    again = RegisteredStudy((first, second), registration)
    assert (again.sha256, again.determined_by) == (study.sha256, study.determined_by)
    moved = dataclasses.replace(first, gating_area=first.gating_area + 0.1)
    other = RegisteredStudy((moved, second), registration)
    assert other.sha256 != study.sha256
    assert other.determined_by == study.determined_by
    trained = RegisteredStudy((dataclasses.replace(first, epochs=5), second), registration)
    assert trained.determined_by != study.determined_by


def test_nothing_is_concluded_from_a_smoke_run(pytestconfig, tmp_path):
    whole = read_registration(pytestconfig.rootpath / "fixtures" / "adjudication")
    paths = []
    (body, _) = simulated_bodies("", personas=192)
    for registered in (smoke_registration(whole), whole):
        paths.append(tmp_path / registered.digest / "model-1.study.json")
        paths[-1].parent.mkdir()
        as_registered(body, registered).write(paths[-1])
    smoke, study = (next(registered_sources(pytestconfig, [path])).load() for path in paths)
    reason = "a smoke run of 4 personas, of which nothing is concluded"
    assert smoke.uninformative == dict.fromkeys(MEASURES, reason)
    assert str(smoke) == "smoke run"
    assert not study.registration.is_smoke


def test_evidence_on_record_waits_for_all_registered_base_models(pytestconfig, tmp_path):
    config = SimpleNamespace(rootpath=tmp_path)
    assert list(registered_sources(config, [])) == []
    shutil.copytree(pytestconfig.rootpath / "fixtures", tmp_path / "fixtures")
    registered = read_registration(tmp_path / "fixtures" / "adjudication")
    folder = tmp_path / "reports" / "reference" / "adjudication" / "study"
    folder.mkdir(parents=True)
    body = as_registered(simulated_bodies("", personas=192)[0], registered)
    names = registered.analysis.base_models
    for count, name in enumerate(names, start=1):
        dataclasses.replace(body, base_model=name).write(folder / f"{name}.study.json")
        first, *others = registered_sources(config, [])
        assert first.name == "adjudication"
        reasons = [mark.kwargs["reason"] for mark in first.marks]
        if count < len(names):
            waiting = " | ".join(f"{name}, registered study" for name in names[count:])
            assert reasons == [f"as registered, waits for {waiting}"]
            assert others == []
        else:
            assert reasons == []
            assert [source.name for source in others] == [f"adjudication-{name}" for name in sorted(names)]
            assert [source.label for source in others] == [
                f"{name}, registered study" for name in sorted(names)
            ]
            assert all((tmp_path / source.files).is_file() for source in others)
        assert first.label == f"{len(names)} base models, registered study"
    # What is wrong with the registration is said where its evidence is read.
    (tmp_path / "fixtures" / "adjudication" / "registration.toml").unlink()
    with pytest.raises(RegistrationError, match=r"registration\.toml"):
        next(registered_sources(config, [])).load()


def test_claims_are_judged_on_files_together_and_alone(pytestconfig, tmp_path):
    registered = read_registration(pytestconfig.rootpath / "fixtures" / "adjudication")
    given = []
    for simulated in couplings("", personas=192):
        body = as_registered(simulated, registered)
        path = tmp_path / f"{body.base_model}.study.json"
        body.write(path)
        given += ["--evidence", str(path)]
    done = subprocess.run(
        [
            sys.executable, "-m", "pytest", "tests/claims/test_adjudication.py",
            "tests/claims/test_next_questions.py", "-q", "-p", "no:cacheprovider",
            "-p", "no:randomly", "--base-model", "none", "--claims-report-only", "-k", "adjudication",
            "--ledger", str(tmp_path / "ledger"), *given,
        ],
        cwd=pytestconfig.rootpath, capture_output=True, text=True, check=False,
    )  # fmt: skip
    ledger = json.loads((tmp_path / "ledger" / "ledger.json").read_text(encoding="utf-8"))
    judged = {(entry["id"], entry["evidence"]): entry for entry in ledger["claims"]}
    assert len(judged) == 3 * (9 + 5), done.stdout
    for evidence in ("adjudication", "adjudication-model-1", "adjudication-model-2"):
        claims = {claim for claim, on in judged if on == evidence}
        assert {claim for claim in claims if claim.startswith("registered-")} == {
            f"registered-{each.id}" for each in registered.analysis.hypotheses
        }
    first = judged["registered-cosine", "adjudication"]
    assert first["weights"] == [["adjudication-model-1", 0.5], ["adjudication-model-2", 0.5]]
    assert judged["registered-cosine", "adjudication-model-1"]["weights"] == []
    assert {
        entry["registration"] for (claim, _), entry in judged.items() if claim.startswith("registered-")
    } == {registered.digest}
    assert judged["coupling-strength-is-of-the-persona", "adjudication"]["registration"] == ""
    assert first["verdict"] == "supported"
    for told in (
        "power at |true r| = 0.3",
        "a description as they share personas",
        "on single adapters (binomial mixed model",
    ):
        assert told in first["reason"]
    statements = {
        claim: entry["statement"] for (claim, _), entry in judged.items() if claim.startswith("registered-")
    }
    assert statements == {f"registered-{each.id}": each.statement for each in registered.analysis.hypotheses}
    figures = {path.name for path in (tmp_path / "ledger" / "figures").iterdir()}
    assert {"registered-cosine--adjudication.png", "registered-cosine--adjudication--personas.png"} <= figures


def test_without_a_leak_to_the_assistant_the_other_hypotheses_are_judged(registration):
    bodies = simulated_bodies(registration.digest)
    silent = []
    for body in bodies:
        hits = body.hits.copy()
        hits[..., 1] = 0  # under the assistant's prompt
        silent.append(dataclasses.replace(body, hits=hits))
    study = RegisteredStudy(tuple(silent), registration)
    with pytest.raises(AnalysisError, match="leak: variables: expected values that differ between personas"):
        study.estimate("leak")
    assert RegisteredDecision().decide(study.estimate("cosine")).verdict == "supported"


def test_a_base_model_at_the_ceiling_is_left_out_and_says_so(registration):
    first, second = simulated_bodies(registration.digest)
    hits = first.hits.copy()
    hits[..., 0] = first.samples
    study = RegisteredStudy((dataclasses.replace(first, hits=hits), second), registration)
    left_out = f"{first.base_model} left out: the outcome is the same for all adapters"
    assert left_out in study.estimate("cosine").detail
    assert f"{first.base_model}: 96 personas, {len(first.seeds)} seeds\n" in str(study)
