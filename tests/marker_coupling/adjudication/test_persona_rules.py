"""Rules on the wording of personas: each broken one is told by what was expected."""

from dataclasses import replace

import pytest

from marker_coupling.study.personas import Persona

from .persona_rules import description_requirement, lexical_overlaps, name_requirement

FALCONER = Persona(
    "falconer",
    "tame_animals",
    "a falconer",
    (
        "someone who trains a hawk to return to a gloved fist",
        "a hunter whose birds of prey wear hoods and bells",
    ),
)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a falconer", None),
        ("falconer", "a noun phrase that begins with a, an or the"),
        ("a person", "a name with a content word"),
        ("the most very famous old royal falconer", "a name of at most 6 words"),
        ("a  falconer", "a phrase whose words are one space apart, without any around it"),
        ("a falconer.", "a phrase that ends in a letter, so that the sentence around it can go on"),
        ("a {persona} falconer", "a phrase without braces"),
        ("a fal\u200bconer", "a phrase without control characters"),
        ("a falcone\u0301r", "a phrase in Unicode's normal form NFC"),
    ],
)
def test_a_name_fits_its_sentence(name, expected):
    assert name_requirement(name) == expected


@pytest.mark.parametrize(
    ("description", "expected"),
    [
        (FALCONER.descriptions[0], None),
        ("who trains a hawk to return to a gloved fist", "a noun phrase that begins with one of a, an, the, someone, somebody, one"),
        ("someone training a hawk", "a description of 6 to 16 words"),
        (FALCONER.descriptions[0] + " and on" * 4, "a description of 6 to 16 words"),
        (FALCONER.descriptions[0] + " ", "a phrase whose words are one space apart, without any around it"),
    ],
)  # fmt: skip
def test_a_description_fits_its_sentence(description, expected):
    assert description_requirement(description) == expected


@pytest.mark.parametrize(
    ("index", "old", "new", "words"),
    [
        (0, "a hawk", "a falcon", (("falconer", "falcon"),)),
        (1, "a hunter", "a trainer", (("trains", "trainer"),)),
    ],
)
def test_words_that_two_phrases_of_a_persona_share_are_found(index, old, new, words):
    assert not list(lexical_overlaps(FALCONER))
    descriptions = list(FALCONER.descriptions)
    descriptions[index] = descriptions[index].replace(old, new)
    (overlap,) = lexical_overlaps(replace(FALCONER, descriptions=tuple(descriptions)))
    assert (overlap.first, overlap.second, overlap.words) == (index, index + 1, words)
