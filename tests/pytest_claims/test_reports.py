from types import SimpleNamespace

from pytest_claims.reports import cases_of


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
