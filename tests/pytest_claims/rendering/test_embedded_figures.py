import base64

from pytest_claims.ledger.reader import ledger_of
from pytest_claims.rendering.embedded_figures import LARGEST_BYTES, data_urls

from ..made_reports import made_case, made_suite

PNG = b"\x89PNG\r\n\x1a\n and so on"


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
