"""The ledger's documents: the same bytes of the same ledger, JSON that is JSON, figures beside or within."""

from __future__ import annotations

import base64
import json

from hypothesis import given
from hypothesis import strategies as st

from pytest_claims.ledger.document import as_json
from pytest_claims.ledger.mark import DOCUMENTS, looks_like_ours
from pytest_claims.ledger.reader import ledger_of
from pytest_claims.rendering.documents import LARGEST_BYTES, data_urls, render_documents

from ...property_examples import examples
from ..made_reports import made_case, made_suite

PNG = b"\x89PNG\r\n\x1a\n and so on"


@examples(20)
@given(st.text(max_size=20), st.floats(-1, 1))
def test_the_json_document_is_the_ledger_whatever_it_says(statement, value):
    ledger = ledger_of(
        made_suite(made_case("a", statement=statement, value=value), made_case("b", verdict="error"))
    )
    files = render_documents(ledger)
    assert json.loads(files["ledger.json"].decode("utf-8", "strict")) == json.loads(
        json.dumps(as_json(ledger))
    )
    assert render_documents(ledger) == files


def test_every_document_is_recognised_as_ours(tmp_path):
    files = render_documents(ledger_of(made_suite()))
    assert {*files, "junit.xml"} == set(DOCUMENTS)
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
        assert looks_like_ours(tmp_path / name)


def test_figures_are_part_of_the_page_only_if_asked_for(tmp_path):
    (tmp_path / "figures").mkdir()
    (tmp_path / "figures/a.png").write_bytes(PNG)
    ledger = ledger_of(made_suite(made_case("a", figure="figures/a.png")))
    assert ledger.entries[0].figures == ("figures/a.png",)
    beside, embedded = render_documents(ledger), render_documents(ledger, tmp_path)
    assert b'src="figures/a.png"' in beside["ledger.html"]
    assert b"data:image/png" not in beside["ledger.html"]
    assert b"data:image/png;base64,iVBOR" in embedded["ledger.html"]
    assert {name for name in beside if beside[name] != embedded[name]} == {"ledger.html"}


def test_png_figures_inside_the_folder_and_no_others(tmp_path):
    folder = tmp_path / "ledger"
    (folder / "figures").mkdir(parents=True)
    (folder / "figures/good.png").write_bytes(PNG)
    (folder / "figures/page.png").write_bytes(b"<script>alert(1)</script>")
    (folder / "figures/drawing.pdf").write_bytes(b"%PDF")
    (folder / "figures/folder.png").mkdir()
    (tmp_path / "outside.png").write_bytes(PNG)
    (folder / "figures/link.png").symlink_to(tmp_path / "outside.png")
    with (folder / "figures/huge.png").open("wb") as file:
        file.write(PNG)
        file.truncate(LARGEST_BYTES + 1)
    names = ("good.png", "page.png", "drawing.pdf", "folder.png", "link.png", "huge.png", "absent.png")
    ledger = ledger_of(made_suite(*(made_case(f"c-{name}", figure=f"figures/{name}") for name in names)))
    assert data_urls(ledger, folder) == {
        "figures/good.png": f"data:image/png;base64,{base64.b64encode(PNG).decode()}"
    }
