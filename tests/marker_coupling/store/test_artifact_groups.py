"""Members are made many at a time, each once, and found one by one."""

import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marker_coupling.store.artifact_groups import get_members, group_by_first, key_of
from marker_coupling.store.artifacts import ArtifactStore, DamagedArtifactWarning

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


class Maker:
    """Fills members, and remembers which were made together."""

    def __init__(self, keys):
        self.keys, self.calls = list(keys), []

    def __call__(self, folders):
        self.calls.append([self.keys[place] for place in folders])
        for place, folder in folders.items():
            assert list(folder.iterdir()) == []
            (folder / "text").write_text(self.keys[place])


def are_there(store, kind, keys):
    """If all members are there: those that are not are made, which this does not let happen."""

    def make(folders):
        raise LookupError

    try:
        return len(get_members(store, kind, keys, make)) == len(keys)
    except LookupError:
        return False


def got(store, keys, **how):
    maker = Maker(keys)
    folders = get_members(store, "kind", keys, maker, **how)
    return [(folder / "text").read_text() for folder in folders or ()], maker.calls


@given(st.dictionaries(st.text(max_size=5), PLAIN, max_size=4))
def test_a_key_is_of_what_is_said_in_whatever_order(determinants):
    turned = dict(reversed(determinants.items()))
    assert key_of(**determinants) == key_of(**turned)
    assert key_of(**determinants) == key_of(**json.loads(json.dumps(determinants)))
    assert len(key_of(**determinants)) == 64


@given(
    st.dictionaries(st.text(max_size=5), PLAIN, max_size=4),
    st.dictionaries(st.text(max_size=5), PLAIN, max_size=4),
)
def test_other_determinants_have_another_key(one, other):
    same = json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
    assert (key_of(**one) == key_of(**other)) == same


def test_the_border_between_texts_counts():
    assert key_of(a=["x", "yz"]) != key_of(a=["xy", "z"])
    assert key_of(a=1) != key_of(a="1")
    assert key_of(a=("x",)) == key_of(a=["x"])


@given(st.lists(st.lists(st.sampled_from("abcdef"), min_size=1, unique=True), min_size=1, max_size=6))
def test_every_member_is_made_once_and_found_in_the_order_asked(requests):
    with tempfile.TemporaryDirectory() as root:
        there: set[str] = set()
        for keys in requests:
            # A store of its own each time, as another process has.
            store = ArtifactStore(Path(root))
            assert are_there(store, "kind", keys) == (set(keys) <= there)
            found, calls = got(store, keys)
            assert found == keys
            missing = [key for key in keys if key not in there]
            assert calls == ([missing] if missing else [])
            there |= set(keys)


def test_kinds_are_apart(tmp_path):
    store = ArtifactStore(tmp_path)
    got(store, ["a"])
    assert are_there(store, "kind", ["a"])
    assert not are_there(store, "another", ["a"])


def test_a_group_cut_off_midway_leaves_nothing_and_is_made_whole(tmp_path):
    store = ArtifactStore(tmp_path)

    def cut_off(folders):
        (folders[0] / "text").write_text("half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        get_members(store, "kind", ["a", "b"], cut_off)
    assert not are_there(store, "kind", ["a"])
    assert got(store, ["a", "b"]) == (["a", "b"], [["a", "b"]])


def test_a_damaged_group_is_made_again_with_a_warning(tmp_path):
    got(ArtifactStore(tmp_path), ["a", "b"])
    (path,) = tmp_path.glob("kind/*/0001/text")
    path.write_text("x")
    store = ArtifactStore(tmp_path)
    assert not are_there(store, "kind", ["a"])
    with pytest.warns(DamagedArtifactWarning):
        assert got(store, ["a", "b"]) == (["a", "b"], [["a", "b"]])


def test_who_does_not_wait_is_told_that_somebody_is_at_it(tmp_path):
    seen = []

    def make(folders):
        seen.append(get_members(ArtifactStore(tmp_path), "kind", ["a"], make, wait=False))
        Maker(["a"])(folders)

    assert get_members(ArtifactStore(tmp_path), "kind", ["a"], make) is not None
    assert seen == [None]
    assert got(ArtifactStore(tmp_path), ["a"], wait=False) == (["a"], [])


@given(st.sets(st.tuples(st.integers(0, 4), st.sampled_from("abcd"))))
def test_pairs_are_divided_into_full_products(pairs):
    products = group_by_first(sorted(pairs, key=lambda pair: (pair[1], pair[0])))
    divided = [(first, second) for firsts, seconds in products for second in seconds for first in firsts]
    assert sorted(divided) == sorted(pairs)
    # What goes with the same firsts is not divided.
    assert len({firsts for firsts, _ in products}) == len(products)
