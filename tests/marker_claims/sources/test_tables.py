"""Sources on file: each has a name of its own, and one that is broken costs only itself."""

from __future__ import annotations

from types import SimpleNamespace

from marker_claims.sources.tables import (
    experiments_on_record,
    published_evidence,
    published_source,
    table_sources,
)
from marker_coupling.measures.geometry import composite_layers
from pytest_claims import BrokenEvidence, EvidenceSource

TABLE = "persona,cosine_to_assistant\na,0.1\nb,0.2\nc,0.3\nd,-0.1\n"


def test_the_published_study_is_read_once(configured):
    config = configured()
    source = published_source(config)
    assert (source.name, source.has_figures) == ("published", True)
    assert source.load() is published_evidence(config)
    assert {"leakage", "source_rate", "persona:librarian"} <= source.measures


def test_a_published_study_that_is_missing_is_one_broken_source(configured, tmp_path):
    config = configured()
    elsewhere = SimpleNamespace(**{**vars(config), "rootpath": tmp_path})
    source = published_source(elsewhere)
    assert isinstance(source, BrokenEvidence)
    assert source.message.startswith(f"{tmp_path / 'fixtures/published/published.toml'}: ")


def test_what_is_on_record_is_judged_without_figures(configured):
    config = configured()
    sources = list(table_sources(config))
    assert len(sources) == len(experiments_on_record(config)) > 0
    assert not any(source.has_figures for source in sources)


def test_what_is_on_record_has_the_cosines_of_the_composite(configured):
    for source in table_sources(configured()):
        evidence = source.load()
        assert "cosine_to_assistant" not in evidence.uninformative
        cosines = evidence.provenance["measurement"]["cosines"]
        assert cosines["layers"] == list(composite_layers(30))
        assert evidence.determinants.endswith(f"; cosines of layers 16 to 30, {cosines['key']}")


def test_what_is_on_record_is_drawn_if_it_is_given(configured, pytestconfig):
    first = experiments_on_record(configured())[0]
    given = str(first.relative_to(pytestconfig.rootpath))
    sources = list(table_sources(configured(evidence=[given])))
    assert [source.name for source in sources if source.has_figures] == [sources[-1].name]
    assert first.name == f"{sources[-1].name}.evidence.json"
    assert len(sources) == len(experiments_on_record(configured()))


def test_tables_of_one_name_are_told_apart(configured, tmp_path):
    paths = [tmp_path / folder / "mine.csv" for folder in "ab"] + [tmp_path / "published.csv"]
    for path in paths:
        path.parent.mkdir(exist_ok=True)
        path.write_text(TABLE)
    sources = list(table_sources(configured(evidence=[str(path) for path in paths])))[-3:]
    assert [source.name for source in sources] == ["mine", "mine-2", "published-2"]
    assert all(source.has_figures for source in sources)


def test_a_broken_table_costs_only_itself(configured, tmp_path):
    (tmp_path / "good.csv").write_text(TABLE)
    (tmp_path / "bad.csv").write_text(TABLE.replace("0.2", "2"))
    bad, good = list(table_sources(configured(evidence=["bad.csv", "good.csv"])))[-2:]
    assert isinstance(bad, BrokenEvidence)
    assert "bad.csv: line 3, column 'cosine_to_assistant'" in bad.message
    assert isinstance(good, EvidenceSource)


def test_no_run_is_labelled_as_the_original_study(configured):
    config = configured()
    sources = [published_source(config), *table_sources(config)]
    named = [source for source in sources if "original" in source.name]
    assert named
    assert all("recipe “original”" in source.label for source in named)
    assert len({source.label for source in sources}) == len(sources)


def test_the_origin_of_what_is_on_file_and_of_own_tables_is_told(configured, tmp_path):
    (tmp_path / "mine.csv").write_text(TABLE)
    config = configured(evidence=[str(tmp_path / "mine.csv")])
    assert published_source(config).origin == "published"
    *on_record, own = table_sources(config)
    assert {source.origin for source in on_record} == {"on file"}
    assert all((config.rootpath / source.files).is_file() for source in on_record)
    assert (own.origin, own.files, own.label) == ("own table", "mine.csv (outside the project)", "")
