"""The registered personas keep the rules that the analysis relies on."""

import re
from collections import Counter
from dataclasses import replace
from itertools import chain, combinations
from statistics import fmean, stdev

import pytest

from guarded_files import read_toml
from marker_coupling.study.content_words import content_words, mentions
from marker_coupling.study.persona_files import read_registered_personas
from marker_coupling.study.persona_rules import lexical_overlaps
from marker_coupling.study.personas import PersonaPool
from marker_coupling.study.study import read_study

GRAMMAR = {
    "someone",
    "person",
    "whose",
    "their",
    "about",
    "above",
    "under",
    "after",
    "before",
    "behind",
    "beside",
}


@pytest.fixture(scope="module")
def adjudication(pytestconfig):
    return read_registered_personas(pytestconfig.rootpath / "fixtures" / "adjudication")


@pytest.fixture(scope="module")
def pools(adjudication):
    return {
        "sources": adjudication.sources.personas,
        "calibration": adjudication.calibration.personas,
        "reference panel": adjudication.reference_panel.personas,
        "negatives": adjudication.negatives.personas,
    }


@pytest.fixture(scope="module")
def everyone(pools):
    return tuple(chain.from_iterable(pools.values()))


@pytest.fixture(scope="module")
def pilot(pytestconfig):
    path = pytestconfig.rootpath / "fixtures" / "adjudication" / "excluded.toml"
    return read_toml(path, ValueError)["as_sources_or_negatives"]


def test_pools_have_the_registered_sizes(adjudication, pools):
    sizes = {name: len(personas) for name, personas in pools.items()}
    assert sizes == {"sources": 192, "calibration": 32, "reference panel": 48, "negatives": 12}
    for pool, count in ((adjudication.sources, 96), (adjudication.calibration, 16)):
        assert Counter(map(len, pool.categories.values())) == {2: count}
    assert not adjudication.sources.categories.keys() & adjudication.calibration.categories.keys()
    assert tuple(adjudication.negatives.pairs) == (42, 137, 256, 1024, 2718)


def test_no_two_phrases_of_a_persona_share_a_content_word(everyone):
    assert not [overlap for persona in everyone for overlap in lexical_overlaps(persona)]


def test_no_two_phrases_of_a_persona_share_a_beginning(everyone):
    """A cruder rule than that of the reader, and written apart from it."""
    for persona in everyone:
        words = (re.findall(r"[a-z]{5,}", phrase.lower()) for phrase in persona.phrases)
        beginnings = [{word[:5] for word in found if word not in GRAMMAR} for found in words]
        for first, second in combinations(beginnings, 2):
            assert not first & second, persona


def test_keys_names_and_descriptions_occur_once(everyone):
    for values in zip(*((p.key, p.name.casefold(), *p.descriptions) for p in everyone), strict=True):
        assert len(set(values)) == len(values) == 284
    for persona, other in combinations(everyone, 2):
        assert not mentions(persona.name, other.name)
        assert not mentions(other.name, persona.name)


def test_nobody_of_earlier_work_is_a_source_or_a_negative(pytestconfig, pools, everyone, pilot):
    published = read_study(pytestconfig.rootpath / "fixtures" / "study.toml")
    earlier = (*published.personas.values(), *published.experiment.calibration_personas.values())
    assert not [p.name for p in everyone for name in earlier if mentions(p.name, name)]
    barred = {
        p.name for pool in ("sources", "negatives") for p in pools[pool] for n in pilot if mentions(p.name, n)
    }
    assert not barred
    assert len(pilot) == 38
    served = {pool: sum(p.name in pilot for p in pools[pool]) for pool in pools}
    assert served == {"sources": 0, "calibration": 16, "reference panel": 22, "negatives": 0}


def test_a_key_says_its_name(everyone):
    for persona in everyone:
        name = persona.name.casefold().split(maxsplit=1)[1].replace("'", "")
        assert persona.key == re.sub(r"[^a-z]+", "_", name)


def test_phrases_are_plain_text_with_the_article_that_english_wants(everyone):
    # Spelled with a vowel and spoken without one, or the other way round.
    consonants, vowels = ("unicorn", "unif", "one", "euro"), ("hour", "honest", "heir")
    for phrase in chain.from_iterable(persona.phrases for persona in everyone):
        assert re.fullmatch(r"[A-Za-z][A-Za-z',-]*(?: [A-Za-z][A-Za-z',-]*)*[a-z]", phrase), phrase
        for article, word in re.findall(r"\b(an?) ([a-z]+)", phrase.lower()):
            spoken_vowel = (word[0] in "aeiou" and not word.startswith(consonants)) or word.startswith(vowels)
            assert (article == "an") == spoken_vowel, phrase


def test_lengths_are_balanced_between_descriptions_and_between_pools(pools):
    lengths = {
        name: [[len(p.phrases[i].split()) for p in personas] for i in range(3)]
        for name, personas in pools.items()
    }
    for name, (names, first, second) in lengths.items():
        assert abs(fmean(first) - fmean(second)) < (1.5 if name == "negatives" else 0.5)
        assert 2 <= fmean(names) <= 3
        assert stdev(first) < 2
        assert stdev(second) < 2
    for i in range(3):
        means = [fmean(lengths[name][i]) for name in pools]
        assert max(means) - min(means) < 1


def test_no_first_word_tells_the_pools_apart(pools):
    """Most first descriptions begin with "someone", everywhere alike."""
    shares = [
        fmean(p.descriptions[0].startswith("someone ") for p in personas) for personas in pools.values()
    ]
    assert 0.8 < min(shares) <= max(shares) <= 1


def test_every_name_can_be_told_by_its_words(everyone):
    for persona in everyone:
        assert all(len(content_words(description)) >= 3 for description in persona.descriptions), persona


def test_the_digest_is_of_every_word(adjudication):
    first, *rest = adjudication.sources.personas
    renamed = PersonaPool((replace(first, name="a lightship keeper"), *rest))
    assert replace(adjudication, sources=renamed).digest != adjudication.digest
    assert replace(adjudication, calibration=adjudication.sources).digest != adjudication.digest
    pairs = dict(zip((43, 137, 256, 1024, 2718), adjudication.negatives.pairs.values(), strict=True))
    negatives = replace(adjudication.negatives, pairs=pairs)
    assert replace(adjudication, negatives=negatives).digest != adjudication.digest
    assert replace(adjudication).digest == adjudication.digest
