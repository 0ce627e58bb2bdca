"""Words that are forms of one another, derived from one root or parts of one another are related; others are not."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marker_coupling.study.content_words import are_related, content_words, mentions, shared_content_words
from marker_coupling.study.english_words import DERIVATIONS, FRAME_WORDS, FUNCTION_WORDS, IRREGULAR_FORMS

WORDS = st.text(st.sampled_from("abcdefghijklmnopqrstuvwxyz"), min_size=1, max_size=12)
# Nouns whose plural, possessive and so on are regular.
REGULAR = st.sampled_from(
    [
        "lamp",
        "keeper",
        "lighthouse",
        "violinist",
        "baker",
        "sheep-dog",
        "café",
        "dragon",
        "painter",
        "nurse",
        "robot",
    ]
)

RELATED = """
    keeper keep, keeping keeps, keeper kept, teacher taught, thief theft, thieves stealth-thief, bake bakery,
    baker baking, digger dig, robber robbed, writer wrote, playwright plays, singer song, driver drove, rider rode,
    seller sale, speaker speech, knitter knit, swimmer swam, flyer flight, life alive, death dying, children child,
    women woman, wolves wolf, elven elves, lighthouse light, lighthouses house, beekeeper bees, beekeeper keep, seaman sea,
    boatman ferrymen, teapot tea, watchmaker makes, seafarer sea, magician magic, organist organs, botanist botany, sculptor sculpture,
    pharmacist pharmacy, marriage married, decide decision, advise advice, invader invasion, unhappy happy,
    immortal mortal, king royal, goddess god, prince princess, hero heroine, heir inherits, defend defence,
    hunger hungry, strong strength, young youth, golden gold, wooden woods, icy ice, colourful color, plough plows,
    grandmother grandchildren, detective detect, philosopher philosophy, economist economy
"""
UNRELATED = """
    sea search, tea teacher, train rain, string ring, star start, plane plant, interpreter interview,
    supermarket superhero, undertaker underground, ear year, war warm, owl bowl, cat catch, car carpet,
    lighthouse keeper, king queen, night nibble, ant plant, hen then, tow town, art party, orchestra maestro
"""


def pairs(text):
    return [tuple(pair.split()) for pair in text.split(",")]


@pytest.mark.parametrize(("word", "other"), pairs(RELATED))
def test_forms_derivations_and_parts_are_related(word, other):
    assert shared_content_words(word, other), (word, other)
    assert shared_content_words(other, word)


@pytest.mark.parametrize(("word", "other"), pairs(UNRELATED))
def test_words_alike_by_coincidence_are_not_related(word, other):
    assert not shared_content_words(word, other)
    assert not shared_content_words(other, word)


@pytest.mark.parametrize("family", [*IRREGULAR_FORMS, *DERIVATIONS], ids=lambda family: family[0])
def test_every_member_of_an_irregular_family_is_related_to_every_other(family):
    assert not set(family) & FUNCTION_WORDS
    assert all(are_related(a, b) for a in family for b in family)


@pytest.mark.parametrize("family", IRREGULAR_FORMS, ids=lambda family: family[0])
def test_irregular_forms_mention_each_other(family):
    assert all(mentions(f"a {a}", f"the {b}") for a in family for b in family)


def test_content_words_are_what_no_function_word_is():
    phrase = "Someone whose job it is to keep the ship's well-known café-owners off an 18th-century rock"
    assert content_words(phrase) == (
        *("job", "keep", "ship", "well", "known", "cafe", "owners", "18th", "century", "rock"),
    )
    assert content_words("a person who is one of those with whom nobody would be") == ()


def test_light_verbs_and_adverbs_of_frequency_are_content():
    assert not {"make", "take", "never", "always", "old"} & (FUNCTION_WORDS | FRAME_WORDS)


@given(WORDS, WORDS)
def test_relation_is_symmetric_and_reflexive(word, other):
    assert are_related(word, word)
    assert are_related(word, other) == are_related(other, word)


@given(st.lists(WORDS, max_size=5).map(" ".join), st.lists(WORDS, max_size=5).map(" ".join))
def test_shared_words_are_those_of_both_phrases(phrase, other):
    for first, second in shared_content_words(phrase, other):
        assert first in content_words(phrase)
        assert second in content_words(other)
    common = set(content_words(phrase)) & set(content_words(other))
    assert common <= {first for first, _ in shared_content_words(phrase, other)}


@given(
    REGULAR,
    st.sampled_from(
        [
            "{}s",
            "{}'s",
            "{}\N{RIGHT SINGLE QUOTATION MARK}s",
            "{}s'",
            "{}-like",
            "half-{}",
            "{},",
            "“{}”",
            "{}—",
        ]
    ),
)
def test_a_planted_form_is_found_whatever_stands_around_it(word, form):
    planted = form.format(word)
    assert shared_content_words(f"a {word}", f"someone near two {planted.upper()} at dusk")
    assert mentions(f"an old {planted}", f"the {word}")


@given(st.text(max_size=40))
def test_any_text_has_content_words(text):
    for word in content_words(text):
        assert re.fullmatch(r"[^\W_]+(?:'[^\W_]+)*", word)
        assert word not in FUNCTION_WORDS


@pytest.mark.parametrize(
    ("phrase", "name", "mentioned"),
    [
        ("a singer of the sea", "the singers by a sea", True),
        ("an old nurse", "a nurse", True),
        ("a nurse", "an old nurse", False),
        ("a lone wolf", "a werewolf", False),
        ("someone among flowers", "a florist", False),
        ("someone", "a person", False),
    ],
)
def test_a_phrase_mentions_a_name_if_it_has_all_of_it(phrase, name, mentioned):
    assert mentions(phrase, name) is mentioned
