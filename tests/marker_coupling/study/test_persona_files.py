"""Every way in which a file of personas can break a rule is one error that names file, key and expectation."""

import re
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from marker_coupling.study.content_words import content_words
from marker_coupling.study.persona_files import PersonaFileError, read_registered_personas
from marker_coupling.study.persona_rules import lexical_overlaps
from marker_coupling.study.personas import Persona

POOL = """
[[personas]]
key = "beekeeper"
category = "tame_animals"
name = "a beekeeper"
descriptions = [
    "someone who wears a veil and smokes hives to take the honey",
    "a calm handler of buzzing swarms, selling candles of pure wax",
]

[[personas]]
key = "falconer"
category = "tame_animals"
name = "a falconer"
descriptions = [
    "someone who trains a hawk to return to a gloved fist",
    "a hunter whose birds of prey wear hoods and bells",
]
"""
NEGATIVES = """
[[pairs]]
seed = 42
[pairs.ordinary]
key = "cobbler"
name = "a cobbler"
descriptions = ["someone who puts new soles on worn shoes", "a craftsman working leather with glue and thread"]
[pairs.far_out]
key = "mermaid"
name = "a mermaid"
descriptions = ["someone with the tail of a fish", "a singer of the deep, luring boats onto reefs"]

[spare.ordinary]
key = "butcher"
name = "a butcher"
descriptions = ["someone who carves joints and grinds sausages", "a trader with cleavers, hooks and sides of beef"]
[spare.far_out]
key = "werewolf"
name = "a werewolf"
descriptions = ["someone who grows fur at every full moon", "a cursed human, howling by night in vain"]
"""


CALIBRATION = """
[[personas]]
key = "locksmith"
category = "household_trades"
name = "a locksmith"
descriptions = ["someone who opens doors for absent-minded tenants", "a tradesman filing brass at a narrow counter"]

[[personas]]
key = "glazier"
category = "household_trades"
name = "a glazier"
descriptions = ["someone who fits panes into rattling windows", "a worker scoring and snapping brittle sheets"]
"""
PANEL = """
[[personas]]
key = "surveyor"
category = "land"
name = "a surveyor"
descriptions = ["someone who measures meadows with a tripod", "a walker mapping boundaries through mud and brambles"]
"""


@pytest.fixture
def small(tmp_path) -> Path:
    """Folder of a small registered study."""
    files = {"personas": POOL, "calibration": CALIBRATION, "reference_panel": PANEL, "negatives": NEGATIVES}
    files["excluded"] = "everywhere = []\nas_sources_or_negatives = []\n"
    for name, text in files.items():
        (tmp_path / f"{name}.toml").write_text(text, encoding="utf-8")
    return tmp_path


def error_of(folder: Path) -> str:
    with pytest.raises(PersonaFileError) as caught:
        read_registered_personas(folder)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_pools_are_read_in_order(small):
    registered = read_registered_personas(small)
    assert [persona.key for persona in registered.sources.personas] == ["beekeeper", "falconer"]
    assert list(registered.sources.categories) == ["tame_animals"]
    assert registered.sources.personas[1].phrases[0] == "a falconer"
    assert registered.sources.personas[1].phrases[2].startswith("a hunter")
    assert list(registered.negatives.pairs) == [42]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"beekeeper"', '"Bee keeper"', "personas[0].key: expected a key in snake_case"),
        ('"beekeeper"', '"assistant"', "personas[0].key: expected a key in snake_case other than assistant"),
        ('"falconer"', '"beekeeper"', "personas[1].key: expected another than that of beekeeper in personas.toml"),
        ('key = "falconer"\n', "", "personas[1].key: expected a text of at most 100 characters, got nothing"),
        ('"tame_animals"', '"other_animals"', "personas[0].category: expected 2 personas in every category, not 1"),
        ('"tame_animals"', '"tame animals"', "personas[0].category: expected a category in snake_case"),
        ('"a falconer"', '"falconer"', "personas[1].name: expected a noun phrase that begins with a, an or the"),
        ('"a falconer"', '"a person"', "personas[1].name: expected a name with a content word"),
        ('"a falconer"', '"the most very famous old royal falconer"', "personas[1].name: expected a name of at most 6 words"),
        ('"a falconer"', '"a  falconer"', "personas[1].name: expected a phrase whose words are one space apart"),
        ('"a falconer"', '"a falconer."', "personas[1].name: expected a phrase that ends in a letter"),
        ('"a falconer"', '"a {persona} falconer"', "personas[1].name: expected a phrase without braces"),
        ('"a falconer"', '"a fal\\u200bconer"', "personas[1].name: expected a text of at most 100 characters, without anything that is not printable"),
        ('"a falconer"', '"a falcone\\u0301r"', "personas[1].name: expected a phrase in Unicode's normal form NFC"),
        ('"a falconer"', '"the Bee-Keeper"', "personas[1].name: expected another than that of beekeeper in personas.toml"),
        ('"a falconer"', '"the beekeepers"', "personas[0].name: expected a phrase without the name of falconer in personas.toml"),
        ('"a falconer"', '"an old beekeeper"', "personas[1].name: expected a phrase without the name of beekeeper in personas.toml"),
        ("trains a hawk", "trains a falcon", "personas[1].descriptions[0]: expected no content word of the name of falconer, in any form ('falcon' and 'falconer')"),
        ("calm handler", "calm keeper", "personas[0].descriptions[1]: expected no content word of the name of beekeeper, in any form ('keeper' and 'beekeeper')"),
        ("calm handler", "calm smoker", "personas[0].descriptions[1]: expected no content word of the other description of beekeeper, in any form ('smoker' and 'smokes')"),
        ("calm handler", "calm falconer", "personas[0].descriptions[1]: expected a phrase without the name of falconer in personas.toml"),
        ("someone who trains", "who trains", "personas[1].descriptions[0]: expected a noun phrase that begins with one of"),
        ("someone who trains a hawk to return to a gloved fist", "someone training a hawk", "expected a description of 6 to 16 words"),
        ("to a gloved fist", "to a gloved fist" + " and on" * 4, "expected a description of 6 to 16 words"),
        ('    "a hunter whose birds of prey wear hoods and bells",\n', "", "personas[1].descriptions: expected an array of 2 descriptions, got 1"),
        ("a hunter whose birds of prey wear hoods and bells", "someone who trains a hawk to return to a gloved fist", "descriptions[1]: expected each of the descriptions once"),
        ("a hunter whose birds of prey wear hoods and bells", "a calm handler of buzzing swarms, selling candles of pure wax", "personas[1].descriptions[1]: expected another than that of beekeeper in personas.toml"),
        ('name = "a falconer"', 'name = "a falconer"\nage = 3', "key personas[1].age: unknown"),
        ("[[personas]]", "[[persons]]", "key personas: expected an array of 1 to 10000 tables, got nothing; is 'persons' a slip of it?"),
    ],
)  # fmt: skip
def test_what_is_wrong_in_a_pool_is_named(small, old, new, message):
    assert old in POOL
    path = small / "personas.toml"
    count = -1 if old == "[[personas]]" else 1
    path.write_text(POOL.replace(old, new, count), encoding="utf-8")
    error = error_of(small)
    assert error.startswith(f"{path}: key ")
    assert message in error


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("seed = 42\n", "", "pairs[0].seed: expected a whole number from 0 to 9223372036854775807, got nothing"),
        ("seed = 42", "seed = -1", "pairs[0].seed: expected a whole number from 0 to 9223372036854775807, got -1"),
        ("[pairs.far_out]", "[pairs.exotic]", "pairs[0].far_out: expected a table"),
        ("[spare.ordinary]", "[extra.ordinary]", "spare.ordinary: expected a table"),
        ("a mermaid", "a soled cobbler", "pairs[0].far_out.name: expected a phrase without the name of cobbler in negatives.toml"),
        ("tail of a fish", "tail of a maid", "pairs[0].far_out.descriptions[0]: expected no content word of the name of mermaid"),
        ('key = "butcher"', 'key = "butcher"\ncategory = "trade"', "spare.ordinary.category: unknown"),
    ],
)  # fmt: skip
def test_what_is_wrong_in_negatives_is_named(small, old, new, message):
    assert old in NEGATIVES
    (small / "negatives.toml").write_text(NEGATIVES.replace(old, new))
    assert message in error_of(small)


def test_a_seed_has_one_pair(small):
    pair, spare = NEGATIVES.split("[spare.ordinary]")
    (small / "negatives.toml").write_text(pair + pair + "[spare.ordinary]" + spare)
    assert "pairs[1].seed: expected a seed that no other pair has, got 42" in error_of(small)


@pytest.fixture(scope="module")
def adjudication(pytestconfig):
    return read_registered_personas(pytestconfig.rootpath / "fixtures" / "adjudication")


@pytest.fixture
def registered(tmp_path, pytestconfig) -> Path:
    folder = tmp_path / "adjudication"
    shutil.copytree(pytestconfig.rootpath / "fixtures" / "adjudication", folder)
    return folder


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("calibration.toml", '"a plumber"', '"the oldest of bakers"', "calibration.toml: key personas[2].name: expected a phrase without the name of baker in personas.toml"),
        ("calibration.toml", 'key = "plumber"', 'key = "baker"', "key personas[2].key: expected another than that of baker in personas.toml"),
        ("reference_panel.toml", '"a farmer"', '"a mermaid"', "negatives.toml: key pairs[1].far_out.name: expected another than that of farmer in reference_panel.toml"),
        ("negatives.toml", "letters and parcels", "letters and bakers", "key pairs[0].ordinary.descriptions[0]: expected a phrase without the name of baker in personas.toml"),
        ("personas.toml", '"a baker"', '"a tired nurse"', "nurse in reference_panel.toml"),
        ("personas.toml", '"a baker"', '"an old sailor"', "key personas[4].name: expected a persona other than 'a sailor', which is barred in any pool"),
        ("reference_panel.toml", '"a farmer"', '"a medical doctor"', "expected a persona other than 'a medical doctor', which is barred in any pool"),
        ("excluded.toml", '"a pirate"', '"some bakers"', "key personas[4].name: expected a persona other than 'some bakers', which is barred among sources and negatives"),
        ("excluded.toml", "everywhere", "anywhere", "key everywhere: expected an array of 0 to 10000 names, got nothing"),
        ("personas.toml", 'category = "baking_and_sweets"', 'category = "drink_making"', "expected 2 personas in every category"),
    ],
)  # fmt: skip
def test_pools_that_are_not_disjoint_are_refused(registered, file, old, new, message):
    path = registered / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    assert message in error_of(registered)


@pytest.mark.parametrize("file", ["personas", "calibration", "reference_panel", "negatives", "excluded"])
def test_every_file_is_needed(registered, file):
    (registered / f"{file}.toml").unlink()
    error = error_of(registered)
    assert re.search(rf"{file}\.toml: expected a file that can be read", error)


FORMS = st.sampled_from(["{}", "{}s", "{}'s", "un{}", "{}-like", "{}less", "{}house", "{}ish"])


@given(data=st.data(), form=FORMS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_word_planted_in_another_phrase_of_a_persona_is_found(adjudication, data, form):
    persona = data.draw(st.sampled_from(adjudication.sources.personas))
    source, target = data.draw(st.permutations([0, 1, 2]).map(lambda order: order[:2]))
    word = data.draw(st.sampled_from([w for w in content_words(persona.phrases[source]) if len(w) > 3]))
    phrases = list(persona.phrases)
    phrases[target] += f" and {form.format(word)}"
    planted = Persona(persona.key, persona.category, phrases[0], (phrases[1], phrases[2]))
    assert not list(lexical_overlaps(persona))
    assert any({overlap.first, overlap.second} == {source, target} for overlap in lexical_overlaps(planted))
