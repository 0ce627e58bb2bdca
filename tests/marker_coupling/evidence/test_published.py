"""The published study as data: what it says, what follows from it, and how a damaged copy is refused."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from scipy.stats import pearsonr

from guarded_files.schema_values import Mismatch
from marker_coupling.evidence.published import PrintedDecimal, load_published
from marker_coupling.evidence.tables.evidence_table import read_evidence, write_evidence
from marker_coupling.evidence.values.evidence import EvidenceError

DIRECTORY = Path(__file__).parents[3] / "fixtures" / "published"


@pytest.fixture(scope="module")
def published():
    return load_published(DIRECTORY)


@pytest.fixture
def copy(tmp_path):
    return Path(shutil.copytree(DIRECTORY, tmp_path / "published"))


def test_has_every_measure(published):
    assert published.name == "published"
    assert published.determined_by == f"sha256:{published.sha256}"
    assert len(published.personas) == 10
    assert {measure for measure in published.measures if not measure.startswith("persona:")} == {
        "cosine_to_assistant",
        "js_to_assistant",
        "distances",
        "source_rate",
        "leakage",
        "leak_to_assistant",
        "published_statistics",
        "rounding",
        "trained_rate",
    }
    assert published.trained_rate == pytest.approx(1 / 3)
    assert published.properties["layer"] == "hidden_states[11] of 28 blocks"
    assert published.properties["sampling"].startswith("20 questions x 5, temperature 1.0, top-p 0.95")


def test_every_printed_statistic_is_consistent_with_the_table_but_for_rounding(published):
    """The table's own rounding moves r by up to 0.025 and p by up to 0.022."""
    assert len(published.published_statistics) == 3
    for statistic in published.published_statistics:
        r, p = pearsonr(getattr(published, statistic.x), getattr(published, statistic.y))
        assert abs(r - statistic.r) < statistic.r_half_width + 0.025
        assert abs(p - statistic.p) < statistic.p_half_width + 0.022
    assert [statistic.r_half_width for statistic in published.published_statistics] == [0.005] * 3
    assert [statistic.p_half_width for statistic in published.published_statistics] == [0.0005] * 3
    assert [statistic.p for statistic in published.published_statistics] == [0.039, 0.105, 0.138]


@pytest.mark.parametrize(
    ("x", "y", "r", "p"),
    [
        ("cosine_to_assistant", "source_rate", -0.6577, 0.0387),
        ("js_to_assistant", "source_rate", 0.5401, 0.1070),
        ("cosine_to_assistant", "js_to_assistant", -0.5100, 0.1321),
        ("cosine_to_assistant", "gating", -0.68, 0.030),
        ("js_to_assistant", "gating", 0.59, 0.075),
        ("cosine_to_assistant", "leak_to_assistant", 0.73, 0.016),
    ],
)
def test_what_a_careful_reader_computes(published, x, y, r, p):
    """Printed in the original study or computed from its tables by others."""
    columns = {"gating": published.leakage.gating}
    found = pearsonr(columns.get(x, getattr(published, x, None)), columns.get(y, getattr(published, y, None)))
    digits = len(str(abs(r)).partition(".")[2])
    assert found.statistic == pytest.approx(r, abs=0.51 * 10**-digits)
    assert found.pvalue == pytest.approx(p, abs=0.0005)


def test_gating_counts_the_assistant_as_a_bystander(published):
    """Over the nine other personas alone r would be -0.67, p 0.033, and not what was found."""
    rate = published.leakage.rate
    personas_only = (rate.sum(axis=1) - published.source_rate - published.leak_to_assistant) / 9
    r, p = pearsonr(published.cosine_to_assistant, published.source_rate - personas_only)
    assert (round(float(r), 2), round(float(p), 3)) == (-0.67, 0.033)


def test_is_a_table_that_a_user_could_have_written(published, tmp_path):
    path = tmp_path / "published.csv"
    write_evidence(published, path)
    found = read_evidence(path)
    assert found.cosine_to_assistant.tolist() == published.cosine_to_assistant.tolist()
    assert found.leakage.hits.tolist() == published.leakage.hits.tolist()
    assert read_evidence(DIRECTORY / "personas.csv").source_rate.tolist() == published.source_rate.tolist()


@pytest.mark.parametrize(
    ("printed", "half"), [("-0.66", 0.005), ("+0.54", 0.005), ("0.039", 0.0005), ("1.0", 0.05)]
)
def test_half_width_is_half_the_last_digit(printed, half):
    assert PrintedDecimal(-1, 1).check(printed) == (float(printed), pytest.approx(half))


@pytest.mark.parametrize(
    "printed", ["0", "", "nan", ".5", "0.5.", "5e-1", "0,5", "0.5 ", "1.01", "-1.01", "0." + "1" * 19, 0.5]
)
def test_what_is_no_printed_decimal(printed):
    with pytest.raises(
        Mismatch, match=r"expected a decimal number as printed, such as '0\.66', from -1 to 1"
    ):
        PrintedDecimal(-1, 1).check(printed)


@pytest.mark.parametrize("name", ["personas.csv", "leakage.csv", "published.toml"])
def test_a_missing_file(copy, name):
    (copy / name).unlink()
    with pytest.raises(EvidenceError, match=rf"{name}: expected a file that can be read: no such file$"):
        load_published(copy)


@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [
        ("published.toml", "[study]", "[study", "published.toml: expected TOML: "),
        (
            "published.toml",
            "[study]",
            "[sudy]",
            "published.toml: key study: expected a table, got nothing; is 'sudy' a slip of it?",
        ),
        (
            "published.toml",
            "positives = 200",
            "",
            "key training.positives: expected a whole number from 0 to 1000000, got nothing",
        ),
        (
            "published.toml",
            "= 200",
            '= "200"',
            "key training.positives: expected a whole number from 0 to 1000000, got '200'",
        ),
        (
            "published.toml",
            "= 200",
            "= true",
            "key training.positives: expected a whole number from 0 to 1000000, got True",
        ),
        ("published.toml", "= 200", "= 700", "published.toml: trained_positives, trained_examples: expected"),
        (
            "published.toml",
            "blocks = 28",
            "blocks = 28\nlayers = 2",
            "key study.layers: unknown; expected one of base_model",
        ),
        (
            "published.toml",
            '"-0.66"',
            "-0.66",
            "key statistic[0].r: expected a decimal number as printed, such as '0.66', from -1 to 1, got -0.66",
        ),
        ("published.toml", '"-0.66"', '"-2/3"', "key statistic[0].r: expected a decimal number as printed"),
        (
            "published.toml",
            '"0.138"',
            '"1.138"',
            "key statistic[2].p: expected a decimal number as printed, such as '0.66', from 0 to 1, got '1.138'",
        ),
        (
            "published.toml",
            '"source_rate"',
            '"rate"',
            "key statistic[0].y: expected one of cosine_to_assistant",
        ),
        (
            "published.toml",
            "= 0.0005",
            "= 0.0",
            "published.toml: key rounding.cosine_to_assistant: expected a number from 1e-12 to 0.05, got 0.0",
        ),
        (
            "published.toml",
            "questions = 20",
            "questions = 10",
            "personas.csv: column 'marker_samples': expected 50",
        ),
        (
            "personas.csv",
            "41,100",
            "41,99",
            "personas.csv: column 'marker_samples': expected 100 in every row",
        ),
        (
            "personas.csv",
            "-0.399",
            "x",
            "personas.csv: line 2, column 'cosine_to_assistant': expected a finite",
        ),
        ("personas.csv", "41,100", "42,100", "leakage.csv: leakage: expected the counts of 'police_officer'"),
        ("leakage.csv", ",assistant", ",assistent", "leakage.csv: column 'assistant': missing"),
        ("leakage.csv", "villain,17", "hero,17", "leakage.csv: row 'hero': not in personas.csv"),
        (
            "leakage.csv",
            "villain,17",
            "comedian,17",
            "leakage.csv: line 9, column 'source': expected each name once",
        ),
        (
            "leakage.csv",
            "villain,17",
            "villain,101",
            "leakage.csv: line 8, column 'software_engineer': expected at most",
        ),
        (
            "leakage.csv",
            "villain,17",
            "villain,1.7",
            "leakage.csv: line 8, column 'software_engineer': expected a whole",
        ),
        (
            "leakage.csv",
            "villain,17",
            "villain",
            "leakage.csv: line 8: expected 12 fields as in the header, got 11",
        ),
    ],
)
def test_a_damaged_copy(copy, name, old, new, message):
    path = copy / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(EvidenceError) as error:
        load_published(copy)
    assert str(error.value).startswith(str(copy))
    assert message in str(error.value)
    assert str(error.value).isprintable()


def test_the_order_of_leakage_rows_is_free(copy, published):
    path = copy / "leakage.csv"
    header, *rows = path.read_text().splitlines()
    path.write_text("\n".join([header, *reversed(rows)]))
    assert load_published(copy).sha256 == published.sha256
