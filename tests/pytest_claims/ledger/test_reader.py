"""From verdicts through XML to the ledger and back: nothing lost, nothing invented, and what is left out is said."""

from __future__ import annotations

import datetime
import json
import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_claims import Claim, Decision, Estimate, Verdict
from pytest_claims.core.kind import KINDS
from pytest_claims.core.last_change import NOT_COMMITTED, LastChange
from pytest_claims.core.regions import REGION_KINDS, Region
from pytest_claims.judging.judgement import Judgement
from pytest_claims.junit.properties import claim_properties, verdict_properties
from pytest_claims.junit.reader import parse_suite
from pytest_claims.junit.suite import Case, JUnitError, Suite
from pytest_claims.junit.writer import to_xml
from pytest_claims.ledger.document import as_json
from pytest_claims.ledger.ledger import VERDICTS
from pytest_claims.ledger.reader import judges_a_claim, ledger_of, read_ledger
from pytest_claims.rendering.documents import render_documents

from ..made_reports import OUTCOMES, made_case, made_report, made_suite

# What XML 1.0 can hold; anything else arrives as its number, which test_junit.py shows.
TEXT = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff"),
    max_size=40,
)
STATED = TEXT.filter(lambda text: text.strip())
NAMES = st.from_regex(re.compile(r"[a-z0-9]{1,6}(-[a-z0-9]{1,6}){0,2}", re.ASCII), fullmatch=True)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
INTERVALS = st.tuples(NUMBERS, NUMBERS).map(sorted) | st.tuples(*[st.none() | NUMBERS, st.none()]).flatmap(
    lambda ends: st.permutations(ends)
)


WEIGHTS = st.lists(st.tuples(STATED, st.integers(1, 10**6)), max_size=4).map(
    lambda parts: [(name, share / sum(each for _, each in parts)) for name, share in parts]
)
MOMENTS = st.datetimes(min_value=datetime.datetime(1970, 1, 2), timezones=st.just(datetime.UTC))
CHANGES = (
    st.none() | st.just(NOT_COMMITTED) | st.builds(LastChange, st.just("ab" * 20), MOMENTS, st.booleans())
)


@st.composite
def estimates(draw):
    low, high = draw(INTERVALS)
    return Estimate(
        draw(TEXT), draw(NUMBERS), draw(st.integers(0, 10**15)), ci_low=low, ci_high=high,
        p_value=draw(st.none() | st.floats(0, 1)), ci_level=draw(st.none() | st.floats(0.01, 0.99)),
        weights=draw(WEIGHTS),
    )  # fmt: skip


REGIONS = (
    st.tuples(st.sampled_from(REGION_KINDS), st.floats(allow_nan=False), st.floats(allow_nan=False))
    .filter(lambda region: region[1] < region[2])
    .map(lambda region: Region(*region))
)


def change_as_json(change):
    if change is None:
        return None
    date = change.date and change.date.isoformat()
    return {"commit": change.commit, "date": date, "or_before": change.or_before}


def region_as_json(region):
    low, high = (end if math.isfinite(end) else None for end in (region.low, region.high))
    return {"kind": region.kind, "low": low, "high": high}


class Anything:
    """A rule that prints as it is told."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __str__(self) -> str:
        return self._text

    def decide(self, estimate):
        raise NotImplementedError


@st.composite
def judgements(draw):
    """One claim on one evidence as the run knows it, and as ledger.json must have it."""
    evidence, verdict = draw(TEXT), draw(st.sampled_from(VERDICTS))
    family = draw(TEXT.map(lambda text: " ".join(text.split())))
    claim = Claim(
        draw(NAMES), draw(STATED), Anything(draw(TEXT)), source=draw(TEXT), kind=draw(st.sampled_from(KINDS)), family=family,
        headline=draw(st.booleans()),
    )  # fmt: skip
    # Members have no judgement on pooled evidence here, and a name of their own.
    group, role = draw(st.just(("", "")) | st.tuples(STATED, st.just("member")))
    judgement = Judgement(claim, evidence, None)
    reason, record = draw(TEXT), draw(TEXT)
    properties = claim_properties(claim, evidence, "", group, role, "What of it?")
    rule_change = draw(CHANGES)
    if rule_change is not None:
        properties.append(("claim.rule_change", rule_change.text))
    entry = {
        "id": claim.id, "statement": claim.statement, "source": claim.source, "headline": claim.headline,
        "question": "What of it?", "kind": claim.kind, "family": family,
        "evidence": evidence, "group": group, "role": role, "pooled_in": "", "verdict": verdict,
        "estimate": None, "ci_low": None, "ci_high": None, "ci_level": 0.95, "p_value": None, "p_level": None, "n": None, "needed_n": None,
        "weights": [], "rule": str(claim.rule), "rule_change": change_as_json(rule_change), "test_change": None,
        "rule_later_than": "", "registration": "", "reason": reason, "statistic": "", "record": record, "test": "", "evidence_sha256": "",
        "evidence_determined_by": "", "parameters": "", "attempts": 1, "figures": [], "figure_errors": [], "figures_at": "",
        "thresholds": [], "regions": [],
    }  # fmt: skip
    if verdict == "error":
        entry["record"] = ""
    else:
        if verdict in set(Verdict):
            estimate, needed = draw(estimates()), draw(st.none() | st.integers(4, 10**7))
            thresholds = draw(st.lists(NUMBERS, max_size=3))
            regions = draw(st.lists(REGIONS, max_size=3))
            registration = draw(TEXT)
            has_interval = None not in (estimate.ci_low, estimate.ci_high)
            judgement.decision = Decision(
                Verdict(verdict), estimate, reason, needed, tuple(thresholds), tuple(regions), registration
            )
            entry |= {
                "estimate": estimate.value, "ci_low": estimate.ci_low, "ci_high": estimate.ci_high, "n": estimate.n,
                "p_value": estimate.p_value, "statistic": estimate.statistic, "needed_n": needed,
                "thresholds": thresholds, "regions": [region_as_json(region) for region in regions],
                "ci_level": estimate.ci_level if has_interval else 0.95, "registration": registration,
                "weights": [list(pair) for pair in estimate.weights],
            }  # fmt: skip
        judgement.figures = entry["figures"] = [
            f"figures/{name}.png" for name in draw(st.lists(NAMES, max_size=2))
        ]
        judgement.figure_errors = entry["figure_errors"] = draw(st.lists(TEXT, max_size=2))
        properties = [*properties, *verdict_properties(judgement, verdict, reason, record)]
    return entry, properties


@given(st.lists(judgements(), min_size=1, max_size=5))
def test_any_set_of_claims_goes_through_xml_to_ledger_json_unchanged(found):
    cases, entries = [], []
    for number, (entry, properties) in enumerate(found):
        text = entry["reason"] if entry["verdict"] == "error" else ""
        outcome = OUTCOMES[entry["verdict"]]
        cases.append(
            Case("module", f"test_{number}", "module.py", 1, 0.1, outcome, text, text, tuple(properties))
        )
        entries.append({**entry, "test": f"module::test_{number}"})
    suite = Suite("2026-03-01T10:00:00+00:00", "host", 1.0, (("commit", "abc"),), tuple(cases))
    ledger = ledger_of(parse_suite(to_xml(suite), "given.xml"))
    document = json.loads(render_documents(ledger)["ledger.json"])
    # What is computed of all judgements together is in test_families.py.
    computed = {"p_adjusted", "family_size", "family_missing", "significance_lost"}
    assert [{k: v for k, v in claim.items() if k not in computed} for claim in document["claims"]] == entries
    assert document["left_out"] == []
    assert document == as_json(ledger)


def entries_of(*cases, **facts):
    ledger = ledger_of(made_suite(*cases, **facts))
    return ledger.entries, ledger.left_out


ON = "claim rain-sells-umbrellas on station-12"


@pytest.mark.parametrize(
    ("changed", "kept", "said"),
    [
        ({"estimate": "x"}, {"estimate": None, "verdict": "supported"}, "property claim.estimate: expected a number, got 'x'"),
        ({"estimate": "inf"}, {"estimate": None}, "property claim.estimate: expected a number, got 'inf'"),
        ({"p_value": "nan"}, {"p_value": None}, "property claim.p_value: expected a number, got 'nan'"),
        ({"ci_low": ""}, {"ci_low": None}, "property claim.ci_low: expected a number, got ''"),
        ({"ci_level": "1.5"}, {"ci_level": None}, "property claim.ci_level: expected a number between 0 and 1, got '1.5'"),
        ({"ci_level": "high"}, {"ci_level": None}, "property claim.ci_level: expected a number, got 'high'"),
        ({"region": "refuted 1 0"}, {"regions": ()}, "property claim.region: expected a region such as 'refuted -0.3 inf'"),
        ({"n": "10.5"}, {"n": None}, "property claim.n: expected a whole number, got '10.5'"),
        ({"n": "1" * 5000}, {"n": None}, f"property claim.n: expected a whole number, got '{'1' * 39}"),
        ({"needed_n": "many"}, {"needed_n": None}, "property claim.needed_n: expected a whole number, got 'many'"),
        ({"threshold": "0.o5"}, {"thresholds": ()}, "property claim.threshold: expected a number, got '0.o5'"),
        ({"statement": None}, {"statement": ""}, "property claim.statement: it is missing"),
        ({"rule": None}, {"rule": ""}, "property claim.rule: it is missing"),
        ({"reason": None}, {"reason": ""}, "property claim.reason: it is missing"),
        ({"estimate": None}, {"estimate": None}, "property claim.estimate: it is missing"),
        ({"statistic": None}, {"statistic": ""}, "property claim.statistic: it is missing"),
        ({"n": None}, {"n": None}, "property claim.n: it is missing"),
        ({"figure": "../x.png"}, {"figures": ()}, "figure '../x.png': expected a path such as figures/NAME.png"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_of_a_judgement_is_left_out_and_said(changed, kept, said):
    (entry,), left_out = entries_of(made_case(**changed))
    assert {name: getattr(entry, name) for name in kept} == kept
    assert len(left_out) == 1
    assert left_out[0].startswith(f"{ON}: {said}")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"verdict": "maybe"}, f"{ON}: property claim.verdict: expected one of inconclusive, refuted, supported, uninformative, got 'maybe'"),
        ({"verdict": "Supported"}, f"{ON}: property claim.verdict: expected one of inconclusive, refuted, supported, uninformative, got 'Supported'"),
        ({"id": None}, "testcase tests.test_weather::test_rain-sells-umbrellas[station-12]: it has properties of a claim, but no claim.id"),
        ({"id": ""}, "testcase tests.test_weather::test_rain-sells-umbrellas[station-12]: it has properties of a claim, but no claim.id"),
    ],
)  # fmt: skip
def test_a_judgement_without_a_verdict_or_a_name_is_left_out_and_said(changed, said):
    verdict = changed.pop("verdict", "supported")
    entries, left_out = entries_of(made_case(verdict=verdict, **changed))
    assert entries == ()
    assert left_out == (said,)


def without_verdict(outcome):
    case = made_case()
    kept = tuple(
        (name, value) for name, value in case.properties if name not in ("claim.verdict", "claim.reason")
    )
    return Case(**{**vars(case), "outcome": outcome, "properties": kept, "message": "it broke"})


def test_without_a_verdict_a_failure_is_an_error_a_skip_is_not_judged_and_a_pass_is_left_out():
    for outcome in ("error", "failed"):
        (entry,), left_out = entries_of(without_verdict(outcome))
        assert (entry.verdict, entry.reason) == ("error", "it broke")
        assert left_out == ()
    for outcome, why in (("skipped", "skipped"), ("xfailed", "expected to fail")):
        ledger = ledger_of(made_suite(without_verdict(outcome)))
        assert (ledger.entries, ledger.left_out) == ((), ())
        assert [(claim.id, claim.evidence, claim.why, claim.reason) for claim in ledger.not_judged] == [
            ("rain-sells-umbrellas", "station-12", why, "it broke")
        ]
    said = (f"{ON}: property claim.verdict: it is missing",)
    assert entries_of(without_verdict("passed")) == ((), said)


def test_a_test_that_is_there_twice_counts_once_and_the_last_is_shown():
    (entry,), left_out = entries_of(made_case(), made_case())
    assert entry.verdict == "supported"
    assert left_out == (f"{ON}: its test {entry.test} is there twice, the same",)
    (entry,), left_out = entries_of(made_case(), made_case(verdict="refuted"))
    assert entry.verdict == "refuted"
    assert left_out == (
        f"{ON}: its test {entry.test} is there twice, with another result; the last is shown",
    )


def test_two_tests_of_one_claim_on_one_evidence_are_two_judgements():
    other = Case(**{**vars(made_case(verdict="refuted")), "name": "test_of_another_layer"})
    entries, left_out = entries_of(made_case(), other)
    assert [(entry.verdict, entry.copy) for entry in entries] == [("supported", 1), ("refuted", 2)]
    assert left_out == ()


def test_facts_that_disagree_are_said():
    suite = made_suite(made_case())
    merged = Suite(
        **{**vars(suite), "properties": (("commit", "a"), ("commit", "b"), ("x", "1"), ("x", "1"))}
    )
    ledger = ledger_of(merged)
    assert ledger.run["commit"] == "b"
    assert ledger.left_out == ("the testsuite: property commit is there more than once; the last is shown",)


@pytest.mark.parametrize(
    "document", [b"<testsuite time='soon'/>", b"<testsuite><testcase name='a'/></testsuite>", made_report()]
)
def test_a_report_without_claims_is_an_error(tmp_path, document):
    path = tmp_path / "junit.xml"
    path.write_bytes(document)
    with pytest.raises(
        JUnitError, match=r"junit\.xml: expected a report with claims, found no test that judges one"
    ):
        read_ledger(path)


def test_ordinary_tests_are_no_concern():
    assert judges_a_claim(made_case())
    assert not judges_a_claim(Case("m", "t", "m.py", 1, 0.1, "passed", properties=(("other", "1"),)))


PROPERTIES = st.tuples(
    st.sampled_from(["id", "statement", "source", "rule", "evidence", "verdict", "reason", "estimate", "ci_low", "n", "figure", "x", ""]),
    st.sampled_from(["", "a", "supported", "refuted", "nan", "1e400", "-0", "1e-320", "9" * 30, "figures/a.png", "\u0661"]) | TEXT,
)  # fmt: skip


@given(
    st.lists(st.lists(PROPERTIES, max_size=14), max_size=4),
    st.sampled_from(["passed", "failed", "error", "skipped"]),
)
def test_any_properties_make_a_ledger_that_can_be_shown(found, outcome):
    cases = [
        Case(
            "m",
            f"t{number % 2}",
            "m.py",
            1,
            0.1,
            outcome,
            "why",
            "why",
            tuple((f"claim.{n}", v) for n, v in properties),
        )
        for number, properties in enumerate(found)
    ]
    ledger = ledger_of(parse_suite(to_xml(Suite("", "", None, (), tuple(cases))), "given.xml"))
    assert all(entry.verdict in VERDICTS for entry in ledger.entries)
    files = render_documents(ledger)
    assert len(json.loads(files["ledger.json"])["claims"]) == len(ledger.entries)
    assert files["ledger.html"].count(b"<article") == len(ledger.entries) + 1


@pytest.mark.parametrize(
    ("changed", "level", "name"),
    [
        ({}, 0.95, "95% interval"),
        ({"ci_level": "0.99"}, 0.99, "99% interval"),
        ({"ci_level": "none"}, None, "range"),
    ],
)
def test_an_interval_without_a_level_is_one_of_95_percent_as_in_earlier_reports(changed, level, name):
    (entry,), left_out = entries_of(made_case(**changed))
    assert (entry.ci_level, entry.interval_name, left_out) == (level, name, ())


def test_evidence_labelled_alike_is_told_apart():
    ledger = ledger_of(
        made_suite(
            made_case("a", "x"), made_case("a", "y"), made_case("a", "z"),
            **{"evidence.x.label": "same", "evidence.y.label": "same", "evidence.z.label": "other"},
        )
    )  # fmt: skip
    assert [ledger.label_of(name) for name in "xyz"] == ["same (x)", "same (y)", "other"]


def test_an_unknown_origin_is_none():
    ledger = ledger_of(made_suite(made_case("a", "x"), **{"evidence.x.origin": "the moon"}))
    assert ledger.origin_of("x") == ""


def test_weights_and_changes_that_cannot_be_read_are_left_out():
    (entry,), left_out = entries_of(
        made_case(weight="0.5", rule_change="yesterday", test_change=f"{'ab' * 20} 2026-13-01T00:00:00+00:00")
    )
    assert (entry.weights, entry.rule_change, entry.test_change) == ((), None, None)
    assert len(left_out) == 3
    assert (
        "property claim.weight: expected a share from 0 to 1 and the name of the evidence, got '0.5'"
        in left_out[0]
    )
    for wrong in ("2 a", "-1 a", "nan a", "inf a", "x a", "0.5 "):
        assert entries_of(made_case(weight=wrong))[0][0].weights == ()
    assert entries_of(made_case(weight="0.25 the north, 12"))[0][0].weights == (("the north, 12", 0.25),)
