"""Every way in which a file of personas can break a rule is one error that names file, key and expectation."""

from pathlib import Path

import pytest

from marker_coupling.study.persona_files import PersonaFileError, read_registered_personas

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


OTHERS = {
    "calibration": POOL.replace("beekeeper", "plumber").replace("falconer", "welder"),
    "reference_panel": POOL.replace("beekeeper", "nurse").replace("falconer", "farmer"),
}


def distinct(pool: str, text: str) -> str:
    """A pool whose descriptions are in no other."""
    return text.replace("someone who", f"someone in {pool} who").replace("a calm", f"a {pool} calm").replace("a hunter", f"a {pool} hunter")  # fmt: skip


@pytest.fixture
def folder(tmp_path) -> Path:
    """The smallest registered study."""
    files = {"personas": POOL, "negatives": NEGATIVES}
    files |= {pool: distinct(pool, text) for pool, text in OTHERS.items()}
    for name, text in files.items():
        (tmp_path / f"{name}.toml").write_text(text, encoding="utf-8")
    return tmp_path


def error_of(folder: Path, file: str, old: str, new: str, count: int = 1) -> str:
    """The error that a change of a file makes."""
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, count), encoding="utf-8")
    with pytest.raises(PersonaFileError) as caught:
        read_registered_personas(folder)
    error = str(caught.value)
    assert "\n" not in error
    return error


def test_pools_are_read_in_order(folder):
    registered = read_registered_personas(folder)
    assert [persona.key for persona in registered.sources.personas] == ["beekeeper", "falconer"]
    assert list(registered.sources.categories) == ["tame_animals"]
    assert registered.sources.personas[1].phrases[0] == "a falconer"
    assert registered.sources.personas[1].phrases[2].startswith("a hunter")
    assert [persona.key for persona in registered.reference_panel.personas] == ["nurse", "farmer"]
    assert list(registered.negatives.pairs) == [42]
    keys = [persona.key for persona in registered.negatives.personas]
    assert keys == ["cobbler", "mermaid", "butcher", "werewolf"]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"beekeeper"', '"Bee keeper"', "personas[0].key: expected a key in snake_case"),
        ('"beekeeper"', '"assistant"', "personas[0].key: expected a key in snake_case other than assistant"),
        ('"falconer"', '"beekeeper"', "personas[1].key: expected another than that of beekeeper in personas.toml"),
        ('key = "falconer"\n', "", "personas[1].key: expected a text of at most 100 characters, got nothing"),
        ('"tame_animals"', '"other_animals"', "personas[0].category: expected 2 personas in every category, not 1"),
        ('"tame_animals"', '"tame animals"', "personas[0].category: expected a category in snake_case"),
        ('"a falconer"', '"a fal\\u200bconer"', "personas[1].name: expected a text of at most 100 characters, without anything that is not printable"),
        ('"a falconer"', '"A  Beekeeper"', "personas[1].name: expected another than that of beekeeper in personas.toml"),
        ('    "a hunter whose birds of prey wear hoods and bells",\n', "", "personas[1].descriptions: expected an array of 2 descriptions, got 1"),
        ("a hunter whose birds of prey wear hoods and bells", "someone who trains a hawk to return to a gloved fist", "descriptions[1]: expected each of the descriptions once"),
        ("a hunter whose birds of prey wear hoods and bells", "a calm handler of buzzing swarms, selling candles of pure wax", "personas[1].descriptions[1]: expected another than that of beekeeper in personas.toml"),
        ('name = "a falconer"', 'name = "a falconer"\nage = 3', "key personas[1].age: unknown"),
        ("[[personas]]", "[[persons]]", "key personas: expected an array of 1 to 10000 tables, got nothing; is 'persons' a slip of it?"),
    ],
)  # fmt: skip
def test_what_is_wrong_in_a_pool_is_named(folder, old, new, message):
    error = error_of(folder, "personas.toml", old, new, -1 if old == "[[personas]]" else 1)
    assert error.startswith(f"{folder / 'personas.toml'}: key ")
    assert message in error


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("seed = 42\n", "", "pairs[0].seed: expected a whole number from 0 to 9223372036854775807, got nothing"),
        ("seed = 42", "seed = -1", "pairs[0].seed: expected a whole number from 0 to 9223372036854775807, got -1"),
        ("[pairs.far_out]", "[pairs.exotic]", "pairs[0].far_out: expected a table"),
        ("[spare.ordinary]", "[extra.ordinary]", "spare.ordinary: expected a table"),
        ("a mermaid", "a cobbler", "pairs[0].far_out.name: expected another than that of cobbler in negatives.toml"),
        ('key = "butcher"', 'key = "butcher"\ncategory = "trade"', "spare.ordinary.category: unknown"),
        ("[spare.ordinary]", NEGATIVES.split("[spare.ordinary]")[0] + "[spare.ordinary]", "pairs[1].seed: expected a seed that no other pair has, got 42"),
    ],
)  # fmt: skip
def test_what_is_wrong_in_negatives_is_named(folder, old, new, message):
    assert message in error_of(folder, "negatives.toml", old, new)


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("calibration.toml", 'key = "plumber"', 'key = "beekeeper"', "calibration.toml: key personas[0].key: expected another than that of beekeeper in personas.toml"),
        ("calibration.toml", '"a plumber"', '"a beekeeper"', "key personas[0].name: expected another than that of beekeeper in personas.toml"),
        ("negatives.toml", '"a mermaid"', '"a farmer"', "key pairs[0].far_out.name: expected another than that of farmer in reference_panel.toml"),
        ("calibration.toml", "tame_animals", "wild_animals", "expected 2 personas in every category"),
    ],
)  # fmt: skip
def test_pools_that_are_not_disjoint_are_refused(folder, file, old, new, message):
    assert message in error_of(folder, file, old, new)


@pytest.mark.parametrize("file", ["personas", "calibration", "reference_panel", "negatives"])
def test_every_file_is_needed(folder, file):
    (folder / f"{file}.toml").unlink()
    with pytest.raises(PersonaFileError, match=rf"{file}\.toml: expected a file that can be read"):
        read_registered_personas(folder)
