"""The ledger in words: a sentence for each headline claim, whose numbers they are, and what is a finding."""

from __future__ import annotations

import pytest

from pytest_claims.ledger.reader import ledger_of
from pytest_claims.ledger.summary import (
    MOST_HEADLINES,
    evidence_of_headlines,
    heterogeneity_of,
    sentences,
    summarize,
)

from ..made_reports import made_case, made_suite, made_unjudged


def head(*arguments, **changed):
    return made_case(*arguments, headline="true", **changed)


def summary_of(*cases, **facts):
    return summarize(ledger_of(made_suite(*cases, **facts)))


def sentence_of(*cases, **facts):
    (headline,) = summary_of(*cases, **facts).headlines
    return headline.sentence


def test_one_judgement_tells_verdict_statistic_interval_n_and_what_it_rests_on():
    found = sentence_of(
        head("rain", "table-1", "supported", -0.66, 0.3),
        **{"evidence.table-1.origin": "own table", "evidence.table-1.label": "My rain"},
    )
    assert found == (
        "What rain says: supported on My rain (own table): Pearson r = -0.66, 95% interval [-0.96, -0.36], "
        "p = 0.039, N = 10."
    )


@pytest.mark.parametrize(("verdict", "r", "half", "is_told"), [
    ("refuted", 0.03, 0.2, True), ("supported", -0.2, 0.08, True), ("refuted", 0.2, 0.12, False),
    ("refuted", 0.1, 0.2, False), ("inconclusive", 0.03, 0.2, True),
])  # fmt: skip
def test_an_effect_whose_whole_interval_is_too_small_is_called_so(verdict, r, half, is_told):
    found = sentence_of(
        head(
            "rain", "a", verdict, r, ci_low=f"{r - half}", ci_high=f"{r + half}", region="negligible -0.3 0.3"
        )
    )
    assert ("], too small to be of interest (within -0.30 and 0.30), p = " in found) is is_told


def test_the_level_is_that_of_the_interval():
    assert "99% interval [" in sentence_of(head("rain", ci_level="0.99"))
    assert "range [" in sentence_of(head("rain", ci_level="none"))


def test_an_undecided_claim_tells_the_n_that_would_decide():
    assert ", where N = 24 would decide (80% power" in sentence_of(head("rain", "a", "inconclusive", 0.1))
    undecided = head("rain", "a", "inconclusive", 0.1, needed_n=None)
    assert sentence_of(undecided).endswith("where its rule names no N that would decide.")


def test_several_judgements_of_one_verdict_are_one_clause():
    found = sentence_of(
        head("rain", "a", "supported", 0.7, 0.2),
        head("rain", "b", "inconclusive", 0.1),
        head("rain", "c", "inconclusive", -0.25),
    )
    assert found.count(";") == 1
    assert found.endswith(
        "inconclusive on 2 bodies of evidence: Pearson r from -0.25 to 0.10, N = 10 each, where N = 24 would decide "
        "(80% power for the smallest effect of interest)."
    )


def test_members_count_in_their_pooled_judgement_which_tells_how_unlike_they_are():
    reason = "Pearson r = 0.7; heterogeneity I^2 = 40%, p = 0.2; else"
    pooled = head(
        "rain", "all", "supported", 0.7, 0.2, evidence_group="g", evidence_role="pooled", reason=reason
    )
    member = head(
        "rain", "one", "inconclusive", 0.1, evidence_group="g", evidence_role="member", reason=reason
    )
    found = sentence_of(member, pooled)
    assert "supported on all, pooled over 1: Pearson r = 0.70" in found
    assert "inconclusive" not in found
    assert "heterogeneity I^2 = 40%, p = 0.2" in found
    by_role = {entry.role: entry for entry in ledger_of(made_suite(member, pooled)).entries}
    assert heterogeneity_of(by_role["member"]) == ""


def test_a_headline_without_a_judgement_says_why():
    case = made_unjudged("rain", why="unfed", reason="no evidence has 'rain'", headline="true")
    assert sentence_of(case) == "What rain says: not judged on station-12 (unfed: no evidence has 'rain')."
    nowhere = made_unjudged("rain", "", "unfed", "no evidence has 'rain'", headline="true")
    assert sentence_of(nowhere) == "What rain says: not judged (unfed: no evidence has 'rain')."
    labelled = made_unjudged("rain", headline="true", evidence_label="Station 12, Oslo")
    assert sentence_of(labelled) == "What rain says: not judged on Station 12, Oslo (skipped: rain)."
    both = sentence_of(head("rain", "a"), case)
    assert "not judged" not in both


def test_errors_and_measures_that_tell_nothing_give_their_reason():
    assert sentence_of(head("rain", "a", "error")) == "What rain says: error on a: error: as it is."
    assert "uninformative on a: wordings disagree." in sentence_of(
        head("rain", "a", "uninformative", reason="wordings disagree")
    )


def test_evidence_of_headlines_is_named_and_the_rest_counted():
    cases = [head("rain", "all", "supported", 0.7, evidence_group="g", evidence_role="pooled")]
    cases += [head("rain", name, evidence_group="g", evidence_role="member") for name in ("one", "two")]
    cases += [made_case("wind", f"other {index}") for index in range(7)]
    origins = {f"evidence.{name}.origin": "on file" for name in ("all", "one", "two")}
    origins |= {f"evidence.other {index}.origin": "measured now" for index in range(7)}
    ledger = ledger_of(made_suite(*cases, **origins))
    found = evidence_of_headlines(ledger, summarize(ledger))
    assert list(found.values()) == [(("all",), 2), (tuple(f"other {index}" for index in range(4)), 3)]


def test_evidence_is_listed_by_who_measured_it():
    names = {"p": "published", "f": "on file", "n": "measured now", "x": "from <b>nowhere"}
    facts = {f"evidence.{name}.origin": origin for name, origin in names.items()}
    found = summary_of(*(made_case("rain", name) for name in names), **facts).evidence
    assert found == (
        "Published, measured by the publication's authors: p; measured in earlier runs, on file: f; measured in this "
        "run: n; of an origin that the report does not tell: x."
    )


def test_only_inferences_are_findings():
    cases = [
        made_case("a"),
        made_case("b", kind="description"),
        made_case("c", kind="instrument"),
        made_case("d", kind=None),
    ]
    assert summary_of(*cases).findings == (
        "1 finding, which are judgements of inferences: 1 supported; counted apart: 1 of descriptions, 1 of the "
        "instrument, 1 of claims of unknown kind."
    )


def test_a_report_of_an_earlier_version_has_no_headline():
    assert summary_of(made_case()).headlines == ()


def test_more_headlines_than_people_read_are_counted():
    summary = summary_of(*(head(f"c-{number}") for number in range(MOST_HEADLINES + 3)))
    assert (len(summary.headlines), summary.further) == (MOST_HEADLINES, 3)
    assert f"{3} further headline claims are in the ledger." in list(sentences(summary))
