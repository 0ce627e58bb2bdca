from types import SimpleNamespace

import pytest

from pytest_claims.running.reports import address_of, cases_of


def phase(nodeid, when, outcome="passed", properties=(), **more):
    states = {state: state == outcome for state in ("passed", "failed", "skipped")}
    file = nodeid.partition("::")[0]
    return SimpleNamespace(
        nodeid=nodeid, when=when, location=(file, 3, "test"), duration=0.5, user_properties=list(properties), longrepr="why",
        **states, **more,
    )  # fmt: skip


def run(*ends):
    for nodeid, outcome in ends:
        yield phase(nodeid, "setup")
        yield phase(nodeid, "call", outcome, [("claim.figure", "figures/a.png")])
        yield phase(nodeid, "teardown")


def test_cases_are_in_the_order_of_collection_whatever_the_order_of_their_end():
    known = {"a.py::test_1": [], "a.py::test_2": [], "a.py::test_3": []}
    ends = [("a.py::test_3", "passed"), ("a.py::test_1", "failed"), ("a.py::test_2", "passed")]
    cases = cases_of(run(*ends), known, "")
    assert [(case.name, case.outcome, case.time_s) for case in cases] == [
        ("test_1", "failed", 1.5),
        ("test_2", "passed", 1.5),
        ("test_3", "passed", 1.5),
    ]


def test_figures_are_attachments_below_the_ledger_s_folder():
    (case,) = cases_of(run(("a.py::test_1", "passed")), {}, "reports/latest")
    assert case.attachments == ("reports/latest/figures/a.png",)


def test_what_was_known_before_the_run_stands_in_for_a_test_that_brought_nothing():
    crashed = phase("a.py::test_1", "???", "failed")
    (case,) = cases_of([crashed], {"a.py::test_1": [("claim.id", "a")]}, "")
    assert case.properties == (("claim.id", "a"),)
    assert case.outcome == "error"


def attempt(*ends, worker="gw0", nodeid="a.py::test_1"):
    """The reports of one attempt: setup, call with the given ends, teardown."""
    yield phase(nodeid, "setup", worker_id=worker)
    for outcome in ends:
        yield phase(nodeid, "call", outcome, [("claim.id", "a"), ("claim.end", outcome)], worker_id=worker)
    yield phase(nodeid, "teardown", worker_id=worker)


@pytest.mark.parametrize(
    ("reports", "outcome", "attempts"),
    [
        ([*attempt("passed")], "passed", None),
        ([*attempt("rerun"), *attempt("passed")], "passed", "2"),
        ([*attempt("rerun"), *attempt("rerun"), *attempt("failed")], "failed", "3"),
        ([*attempt("rerun")], "failed", None),
        # Workers that all run the test send their reports at the same time; the worst counts.
        ([r for pair in zip(attempt("passed"), attempt("failed", worker="gw1"), strict=True) for r in pair], "failed", "2"),
        ([*attempt("rerun"), *attempt("passed", worker="gw1")], "passed", "2"),
    ],
)  # fmt: skip
def test_the_last_attempt_counts(reports, outcome, attempts):
    (case,) = cases_of(reports, {}, "")
    assert case.outcome == outcome
    assert dict(case.properties).get("claim.attempts") == attempts


def test_a_test_that_was_interrupted_is_no_case():
    interrupted = phase("a.py::test_1", "setup")
    assert cases_of([interrupted], {}, "") == ()
    again = [*attempt("rerun"), phase("a.py::test_1", "setup", worker_id="gw0")]
    assert cases_of(again, {}, "") == ()


@pytest.mark.parametrize(
    ("nodeid", "address"),
    [
        ("a.py::test_1", ("a", "test_1")),
        ("a/b.py::TestC::test_1[x::y]", ("a.b.TestC", "test_1[x::y]")),
        ("a/b.py", ("", "a.b")),
        ("evidence mine.csv", ("", "evidence mine.csv")),
    ],
)
def test_a_test_s_address_is_as_pytest_writes_it(nodeid, address):
    assert address_of(nodeid) == address
