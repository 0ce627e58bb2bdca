from hypothesis import given
from hypothesis import strategies as st

from pytest_claims.ledger.record import RECORDABLE, Record, RecordedVerdict, read_record, write_record

NAMES = st.text(st.characters(codec="utf-8"), max_size=12)
DECIDED = st.lists(
    st.builds(
        RecordedVerdict,
        claim=NAMES,
        evidence=st.just("evidence"),
        determined_by=NAMES,
        verdict=st.sampled_from(sorted(RECORDABLE)),
    ),
    max_size=6,
)


@given(DECIDED)
def test_what_is_written_is_read(tmp_path_factory, decided):
    path = tmp_path_factory.mktemp("record") / "deep" / "record.json"
    record = Record().updated(decided)
    write_record(path, record)
    assert read_record(path) == record


@given(DECIDED, st.randoms())
def test_the_file_does_not_depend_on_the_order_of_decisions(tmp_path_factory, decided, random):
    unique = list({(d.claim, d.determined_by): d for d in decided}.values())
    shuffled = random.sample(unique, len(unique))
    folder = tmp_path_factory.mktemp("record")
    write_record(folder / "a", Record().updated(unique))
    write_record(folder / "b", Record().updated(shuffled))
    assert (folder / "a").read_bytes() == (folder / "b").read_bytes()


@given(DECIDED, DECIDED)
def test_an_update_replaces_what_it_names_and_keeps_the_rest(first, second):
    updated = Record().updated(first).updated(second)
    for decided in second:
        assert updated.verdict_on(decided.claim, decided.determined_by) in RECORDABLE
    named = {(d.claim, d.determined_by) for d in second}
    for key, kept in Record().updated(first).verdicts.items():
        if key not in named:
            assert updated.verdicts[key] == kept
