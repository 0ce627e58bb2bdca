"""``import manylora`` loads nothing else, and its names are there when they are used."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import manylora


def test_importing_it_imports_neither_torch_nor_anything_of_this_project():
    code = (
        "import sys; before = set(sys.modules); import manylora; "
        "new = {name.split('.')[0] for name in set(sys.modules) - before}; "
        "ours = {'manylora', 'guarded_files', 'marker_coupling', 'marker_claims', 'pytest_claims'}; "
        "assert new & ours == {'manylora'}, new; assert not new & {'torch', 'transformers', 'numpy', 'peft'}, new; "
        "assert manylora.AdapterShape(8, 16.0).scaling == 2; assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_none_of_its_modules_imports_another_part_of_the_project():
    imported = set()
    for path in Path(manylora.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                imported.add(node.module.split(".")[0])
    assert {"manylora", "guarded_files", "torch"} <= imported
    assert not imported & {"marker_coupling", "marker_claims", "pytest_claims", "pytest"}


@pytest.mark.parametrize("name", manylora.__all__)
def test_every_name_is_there(name):
    assert getattr(manylora, name).__name__ == name


def test_another_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="manylora attribute Engin"):
        manylora.Engin  # noqa: B018
