"""What documents say is so: links lead to files and headings, examples run, names in code are there."""

from __future__ import annotations

import json
import re

import matplotlib.figure  # noqa: F401 - loaded once, before the inner run that pytester cleans up after
import pytest

from .documents import (
    DOCUMENTS,
    NAMES,
    PAGES,
    ROOT,
    code_spans,
    fenced,
    heading_anchors,
    is_tree,
    languages,
    links,
    text_of,
)
from .manylora.tiny_models import save_tiny

DOCUMENT = pytest.mark.parametrize("path", DOCUMENTS, ids=NAMES)
#: Python blocks, by the file name in their first line, and the page that shows them. All of them are run below.
RUN = {"conftest": "own-claims", "test_weather": "own-claims", "three_voices": "manylora"}
_FOLDERS = r"(?:src|tests|fixtures|examples|docs|reports/reference|\.ci|\.github)"


def page(name):
    return text_of(ROOT / "docs" / f"{name}.md")


def python_blocks(text):
    return {re.match(r"# (\w+)\.py", block)[1]: block for block in fenced(text, "python")}


def test_every_python_block_is_one_that_is_run():
    shown = {(name, path.stem) for path in DOCUMENTS for name in python_blocks(text_of(path))}
    assert shown == set(RUN.items())


def test_the_example_of_a_claim_elsewhere_runs_as_it_stands(pytester):
    blocks = python_blocks(page(RUN["conftest"]))
    pytester.makeconftest(blocks["conftest"])
    pytester.makepyfile(test_weather=blocks["test_weather"])
    result = pytester.runpytest_inprocess(
        "--ledger", "ledger", "-p", "no:hypothesispytest", "-p", "no:randomly"
    )
    result.assert_outcomes(passed=1)
    (entry,) = json.loads((pytester.path / "ledger/ledger.json").read_text())["claims"]
    assert (entry["id"], entry["verdict"]) == ("rain-sells-umbrellas", "supported")
    (pytester.path / "test_weather.py").write_text("def test_plain(): pass\n")
    pytester.runpytest_inprocess("-p", "no:claims", "-p", "no:hypothesispytest").assert_outcomes(passed=1)


def test_the_example_of_many_adapters_runs_as_it_stands(tmp_path, monkeypatch, capsys):
    save_tiny(tmp_path / "SmolLM2-135M-Instruct")
    monkeypatch.chdir(tmp_path)
    block = python_blocks(page(RUN["three_voices"]))["three_voices"]
    names = {}
    exec(compile(block, "three_voices.py", "exec"), names)
    assert [line.split(",")[0] for line in capsys.readouterr().out.splitlines()] == list(names["voices"])
    assert all(adapter.losses[-1] < 0.9 * adapter.losses[0] for adapter in names["trained"])
    assert [len(of_adapter[0]) for of_adapter in names["scores"]] == [len("Arr.") + 1] * 3
    loaded = [names["engine"].load(f"adapters/{voice}") for voice in names["voices"]]
    assert names["engine"].log_probabilities(loaded, names["tasks"][0].examples)[0][0].sum() > -1e3


@DOCUMENT
def test_code_blocks_are_of_kinds_that_are_checked(path):
    text = text_of(path)
    assert languages(text) <= {"", "python", "sh"}
    assert sum(map(is_tree, fenced(text, ""))) == (path.stem == "architecture")


@DOCUMENT
def test_what_it_links_to_exists(path):
    for target in links(text_of(path)):
        if target.startswith("https://"):
            continue
        address, _, anchor = target.partition("#")
        linked = path.parent / address if address else path
        assert linked.exists(), target
        assert not anchor or anchor in heading_anchors(text_of(linked)), target


@DOCUMENT
def test_files_that_are_named_in_code_are_there(path):
    named = [span for span in code_spans(text_of(path)) if re.fullmatch(rf"{_FOLDERS}/[\w./-]*", span)]
    assert [span for span in named if not (ROOT / span).exists()] == []


@DOCUMENT
def test_tests_that_are_named_in_code_are_there(path):
    named = {span for span in code_spans(text_of(path)) if re.fullmatch(r"test_\w+(\.py)?", span)}
    tests = [file for folder in ("tests", "examples") for file in (ROOT / folder).rglob("*.py")]
    assert {span for span in named if span.endswith(".py")} <= {file.name for file in tests}
    functions = {span for span in named if not span.endswith(".py")}
    defined = {name for file in tests for name in re.findall(r"^def (test_\w+)", text_of(file), flags=re.M)}
    assert functions <= defined


def test_files_and_links_are_named_at_all():
    texts = [text_of(path) for path in DOCUMENTS]
    assert sum(len(links(text)) for text in texts) > 50
    assert sum(span.startswith(("src/", "tests/")) for text in texts for span in code_spans(text)) > 10


def test_the_columns_that_are_documented_are_those_that_are_read():
    from marker_coupling.evidence.tables.evidence_table import KNOWN_COLUMNS

    rows = "".join(re.findall(r"^\| `.*$", page("own-table"), flags=re.M))
    assert set(KNOWN_COLUMNS) - {"samples_under_assistant"} <= set(re.findall(r"`(\w+)`", rows))


def test_commands_and_options_of_the_plugin_are_documented(pytestconfig):
    text = page("reading-a-ledger")
    assert set(re.findall(r"python -m pytest_claims (\w+)", text)) == {"ledger", "diff", "history", "summary"}
    documented = set().union(*(re.findall(r"--((?:claims|ledger)[\w-]*)", text_of(path)) for path in PAGES))
    assert {"ledger-figures", "claims-record", "claims-strict", "claims-report-only"} <= documented
    for option in documented:
        assert hasattr(pytestconfig.option, option.replace("-", "_")), option


def test_every_page_has_one_title():
    for path in PAGES:
        assert re.findall(r"^# ", re.sub(r"```.*?```", "", text_of(path), flags=re.S), flags=re.M) == ["# "]


def test_every_stage_is_in_the_table_of_stages():
    rows = re.findall(r"^\| [\w ]+ \|.*\| `(\w+\.py)` \|$", page("architecture"), flags=re.M)
    files = {path.name for path in (ROOT / "src/marker_coupling/pipeline/stages").glob("[!_]*.py")}
    assert sorted(rows) == sorted(files - {"couplings.py", "geometry.py"})
