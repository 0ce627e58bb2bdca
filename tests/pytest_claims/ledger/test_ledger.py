from pytest_claims.ledger.document import as_json
from pytest_claims.ledger.ledger import VERDICTS
from pytest_claims.ledger.reader import ledger_of

from ..made_reports import made_case, made_suite

LEDGER = ledger_of(
    made_suite(
        made_case("a", "one", "supported"),
        made_case("a", "two", "refuted"),
        made_case("b", "two", "error"),
        made_case("c", "", "uninformative"),
        **{"evidence.one.device": "cpu", "evidence.one.more.device": "gpu", "evidence.two.device": "abacus"},
    )
)


def test_counts_over_all_evidence_and_on_one():
    assert [LEDGER.count(verdict) for verdict in VERDICTS] == [1, 1, 0, 1, 1]
    assert {
        name: [own[verdict] for verdict in VERDICTS] for name, own in LEDGER.counts_by_evidence().items()
    } == {
        "one": [1, 0, 0, 0, 0],
        "two": [0, 1, 0, 0, 1],
        "": [0, 0, 0, 1, 0],
    }
    assert LEDGER.judged == 3


def test_evidence_in_the_order_in_which_it_appears():
    assert LEDGER.evidence == ("one", "two", "")


def test_facts_of_one_evidence():
    assert LEDGER.facts_of("one") == {"device": "cpu", "more.device": "gpu"}
    assert LEDGER.facts_of("two") == {"device": "abacus"}
    assert LEDGER.facts_of("three") == {}
    dotted = made_suite(
        made_case("a", "one"),
        made_case("a", "one.more"),
        **{"evidence.one.x": "1", "evidence.one.more.x": "2"},
    )
    assert ledger_of(dotted).facts_of("one") == {"x": "1"}
    assert ledger_of(dotted).facts_of("one.more") == {"x": "2"}


def test_the_json_document():
    document = as_json(LEDGER)
    assert document["schema"] == 1
    assert [claim["id"] for claim in document["claims"]] == ["a", "a", "b", "c"]
    assert document["left_out"] == []
