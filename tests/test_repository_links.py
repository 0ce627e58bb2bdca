"""Links of the documents, as the site's hook rewrites them."""

from __future__ import annotations

import importlib.util
from types import SimpleNamespace

import pytest

from .documents import ROOT

PAGE = "docs/api/page.md"


@pytest.fixture(scope="module")
def hook():
    spec = importlib.util.spec_from_file_location(
        "repository_links", ROOT / "docs/_hooks/repository_links.py"
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def relinked(hook):
    config = SimpleNamespace(config_file_path=str(ROOT / "mkdocs.yml"))
    page = SimpleNamespace(file=SimpleNamespace(abs_src_path=str(ROOT / PAGE), src_uri="api/page.md"))
    return lambda markdown: hook.on_page_markdown(markdown, page, config, None)


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("[a study](../../fixtures/study.toml)", "[a study](../fixtures/study.toml)"),
        ("[tables](../own-table.md)", "[tables](../own-table.md)"),
        ("[CI](../reading-a-ledger.md#in-ci)", "[CI](../reading-a-ledger.md#in-ci)"),
        ("[start](../../README.md)", "[start](../README.md)"),
        ("![](../../reports/reference/ledger/figures/x.png)", "![](../reports/reference/ledger/figures/x.png)"),
        ("[weather](../../examples/weather)", "[weather](../examples/weather/README.md)"),
        ("[`fixtures/adjudication`](../../fixtures/adjudication)", "`fixtures/adjudication`"),
        ("[the run](../../reports/reference/ledger/ledger.md)", "[the run](../ledger/index.html)"),
        ("[below](#below) and [there](https://example.org/a)", "[below](#below) and [there](https://example.org/a)"),
    ],
)  # fmt: skip
def test_a_link_leads_to_where_the_file_lies_in_the_site(relinked, written, shown):
    assert relinked(f"Text, {written}.") == f"Text, {shown}."


@pytest.mark.parametrize("code", ["`x[0](../y)`", "```python\nnames[0](../../fixtures)\n```"])
def test_code_stays_as_it_is(relinked, code):
    assert relinked(f"Text\n\n{code}\n") == f"Text\n\n{code}\n"


def test_a_missing_file_stays_a_link_which_the_strict_build_reports(relinked):
    assert relinked("[gone](../gone.md)") == "[gone](../gone.md)"
