"""The decorator: it states the claim, and is told from another project's marker of its name."""

from __future__ import annotations

import pytest

from pytest_claims import AtLeast, claim
from pytest_claims.core.claim import Claim
from pytest_claims.judging.marker import claim_of

RULE = AtLeast(0.2)


class Item:
    """As much of a test item as knows its markers."""

    def __init__(self, *markers):
        self.markers = markers

    def iter_markers(self, name):
        return (marker for marker in self.markers if marker.name == name)


def test_the_claim_is_on_the_function_which_stays_itself():
    def test_it():
        pass

    marked = claim("rain-sells", "Rain sells.", rule=RULE, needs=["mm", "sold", "mm"], source="a paper")(
        test_it
    )
    assert marked is test_it
    stated = Claim("rain-sells", "Rain sells.", RULE, frozenset({"mm", "sold"}), "a paper")
    assert claim_of(Item(*test_it.pytestmark)) == stated


def test_a_bare_string_of_needs_is_refused_before_its_letters_are_taken_for_measures():
    with pytest.raises(ValueError, match=r"needs must be a collection of measures; did you mean \('mm',\)\?"):
        claim("rain-sells", "Rain sells.", rule=RULE, needs="mm")


@pytest.mark.parametrize(
    "marker",
    [
        pytest.mark.claim,
        pytest.mark.claim("of an insurance"),
        pytest.mark.claim("insurance", 3),
        pytest.mark.claim(Claim("a", "b", RULE), 3),
        pytest.mark.skip(Claim("a", "b", RULE)),
        pytest.mark.claim(stated=Claim("a", "b", RULE)),
    ],
    ids=str,
)
def test_another_marker_is_no_claim_and_hides_none(marker):
    ours = pytest.mark.claim(Claim("rain-sells", "Rain sells.", RULE)).mark
    assert claim_of(Item(marker.mark)) is None
    assert claim_of(Item(marker.mark, ours)).id == "rain-sells"
