"""``python -m marker_coupling evidence DIR``: shows experiments, and saves tables that ``--evidence`` reads."""

import runpy
import sys

import pytest

from marker_coupling.__main__ import main
from marker_coupling.evidence.files import read_evidence_file
from marker_coupling.evidence.tables.evidence_table import read_evidence
from marker_coupling.evidence.values.experiment_evidence import FILE
from marker_coupling.store.artifacts import ArtifactStore

from .experiments_found import evidence_of


@pytest.fixture
def artifacts(tmp_path):
    return tmp_path / "artifacts"


@pytest.fixture
def out(tmp_path):
    return tmp_path / "out"


def experiment_writer(evidence):
    return lambda folder: evidence.write(folder / FILE)


def keep(artifacts, *evidence):
    for experiment in evidence:
        ArtifactStore(artifacts).get("evidence", experiment.determinants, experiment_writer(experiment))


def test_experiments_are_shown_and_saved(artifacts, out, capsys):
    reason = {"source_rate": "adapters do not gate", "leakage": "adapters do not gate"}
    first, second = evidence_of(2, "tiny-seed2"), evidence_of(10, "tiny-seed10", uninformative=reason)
    keep(artifacts, second, first)
    assert main(["evidence", str(artifacts), "--save", str(out)]) == 0
    shown = capsys.readouterr()
    assert shown.err == ""
    assert shown.out.index("tiny-seed2\n") < shown.out.index("tiny-seed10\n")  # by number, not by letter
    assert shown.out.count("uninformative: adapters do not gate") == 1
    for one in (first, second):
        assert str(one) in shown.out
        assert f"saved: {out / one.name}.evidence.json, {out / one.name}.csv" in shown.out
        whole = read_evidence_file(out / f"{one.name}.evidence.json")
        assert (whole.name, whole.sha256, whole.provenance) == (one.name, one.sha256, one.provenance)
        table = read_evidence(out / f"{one.name}.csv")
        assert table.name == one.name
        assert table.cosine_to_assistant.tolist() == one.cosine_to_assistant.tolist()
        assert table.js_to_assistant.tolist() == one.js_to_assistant.tolist()
        assert table.leakage.prompts == one.leakage.prompts
        assert table.leakage.hits.tolist() == one.leakage.hits.tolist()
        assert table.leakage.samples.tolist() == one.leakage.samples.tolist()
    assert len(list(out.iterdir())) == 4


def test_experiments_of_one_name_do_not_overwrite_each_other(artifacts, out):
    keep(artifacts, evidence_of(1), evidence_of(2), evidence_of(3))
    assert main(["evidence", str(artifacts), "--save", str(out)]) == 0
    names = ["tiny-seed1", "tiny-seed1-2", "tiny-seed1-3"]
    assert sorted(path.stem for path in out.glob("*.csv")) == names
    cosines = {tuple(read_evidence(out / f"{name}.csv").cosine_to_assistant) for name in names}
    assert cosines == {tuple(evidence_of(seed).cosine_to_assistant) for seed in (1, 2, 3)}


def test_tables_go_here_by_default(artifacts, tmp_path, monkeypatch):
    keep(artifacts, evidence_of())
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["marker_coupling", "evidence", "artifacts"])
    monkeypatch.delitem(sys.modules, "marker_coupling.__main__")  # else it warns of being there already
    with pytest.raises(SystemExit) as ended:
        runpy.run_module("marker_coupling", run_name="__main__")
    assert ended.value.code == 0
    assert (tmp_path / "tiny-seed1.csv").is_file()


@pytest.mark.parametrize("what", ["absent", "empty", "file"])
def test_a_folder_without_evidence_is_one_line(artifacts, what, capsys):
    if what == "empty":
        artifacts.mkdir()
    if what == "file":
        artifacts.write_text("x")
    assert main(["evidence", str(artifacts)]) == 1
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err == f"error: {artifacts}: expected artifacts of an experiment, found no evidence\n"


def test_a_damaged_evidence_is_an_error_and_the_others_are_shown(artifacts, out, capsys):
    keep(artifacts, evidence_of(1), evidence_of(2, "tiny-seed2"))
    store = ArtifactStore(artifacts)
    damaged = store.find("evidence", evidence_of(1).determinants)
    (damaged / "evidence.json").write_text("{}")
    assert main(["evidence", str(artifacts), "--save", str(out)]) == 1
    shown = capsys.readouterr()
    assert [path.name for path in out.glob("*.csv")] == ["tiny-seed2.csv"]
    message = "expected evidence as it was written, got 1 damaged; run pytest again"
    assert shown.err == f"error: {artifacts}: {message}\n"


def test_a_place_that_cannot_be_written_is_one_line(artifacts, tmp_path, capsys):
    keep(artifacts, evidence_of())
    (tmp_path / "occupied").write_text("x")
    assert main(["evidence", str(artifacts), "--save", str(tmp_path / "occupied")]) == 1
    shown = capsys.readouterr()
    assert shown.err.startswith("error: ")
    assert "occupied" in shown.err
    assert shown.err.count("\n") == 1


def test_a_command_that_there_is_not(capsys):
    with pytest.raises(SystemExit):
        main(["evidences", "."])
    assert "invalid choice" in capsys.readouterr().err
