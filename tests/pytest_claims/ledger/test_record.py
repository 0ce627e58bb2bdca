from hypothesis import given
from hypothesis import strategies as st

from pytest_claims.ledger.record import RECORDABLE, RecordedVerdict, read_record, write_record

NAMES = st.text(st.characters(codec="utf-8"), max_size=12)
DECIDED = st.dictionaries(
    st.tuples(NAMES, NAMES),
    st.builds(RecordedVerdict, st.just("evidence"), st.sampled_from(sorted(RECORDABLE))),
    max_size=6,
)


@given(DECIDED)
def test_what_is_written_is_read(tmp_path_factory, decided):
    path = tmp_path_factory.mktemp("record") / "deep" / "record.json"
    write_record(path, decided)
    assert read_record(path) == decided


@given(DECIDED, st.randoms())
def test_the_file_does_not_depend_on_the_order_of_decisions(tmp_path_factory, decided, random):
    folder = tmp_path_factory.mktemp("record")
    write_record(folder / "a", decided)
    write_record(folder / "b", dict(random.sample(list(decided.items()), len(decided))))
    assert (folder / "a").read_bytes() == (folder / "b").read_bytes()
