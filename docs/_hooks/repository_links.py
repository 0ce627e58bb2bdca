"""Links from pages to files outside ``docs/``: every linked file goes into the site.

Pages are written for a code host, where ``../fixtures/study.toml`` is a link like any other. The site holds
a file under its path in the repository, and pages of ``docs/`` at its root. A link to a folder leads to its
README; where it has none, the link becomes its text. A link to a ledger in Markdown leads to the ledger's
page, which ``ledgers.py`` makes.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files, InclusionLevel
from mkdocs.structure.pages import Page

_PARTS = re.compile(
    r"(?P<verbatim>^```.*?^```$)|\[(?P<text>[^\[\]]*)\]\((?P<target>[^()\s]+)\)|`[^`\n]*`",
    flags=re.MULTILINE | re.DOTALL,
)
_ELSEWHERE = re.compile(r"[a-z]+:|#|//")
_DOCS = "docs/"
_RECORDS = "reports/reference/"


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages of the navigation that lie outside ``docs/``, and all files to which any page links."""
    root = _root(config)
    waiting = [f"{_DOCS}{file.src_uri}" for file in files.documentation_pages()]
    waiting += [path for path in _named_pages(config.nav) if not (root / _DOCS / path).exists()]
    seen = set()
    while waiting:
        path = waiting.pop()
        if path in seen or path.startswith("../") or not (root / path).is_file():
            continue  # the strict build reports what is missing
        seen.add(path)
        uri = site_path(root, path)
        if files.get_file_from_path(uri) is None:
            added = File.generated(
                config, uri, abs_src_path=str(root / path), inclusion=InclusionLevel.INCLUDED
            )
            files.append(added)
        if uri.endswith(".md"):
            text = (root / path).read_text(encoding="utf-8")
            waiting += filter(None, (repository_path(root, path, target) for target in _targets(text)))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Point links to files of the repository to where they lie in the site."""
    root = _root(config)
    source = Path(page.file.abs_src_path or "").relative_to(root).as_posix()

    def relink(match: re.Match[str]) -> str:
        target = match["target"]
        if target is None or _ELSEWHERE.match(target):
            return match[0]
        address, hash_sign, anchor = target.partition("#")
        path = repository_path(root, source, address)
        if path is None:
            return match["text"]
        uri = posixpath.relpath(site_path(root, path), posixpath.dirname(page.file.src_uri) or ".")
        return f"[{match['text']}]({uri}{hash_sign}{anchor})"

    return _PARTS.sub(relink, markdown)


def site_path(root: Path, path: str) -> str:
    """Return the path in the site's sources of a file of the repository."""
    report = (root / path).with_name("junit.xml")
    if path.startswith(_RECORDS) and path.endswith("/ledger.md") and report.is_file():
        return path.removeprefix(_RECORDS).replace("ledger.md", "index.html")
    return path.removeprefix(_DOCS)


def repository_path(root: Path, source: str, target: str) -> str | None:
    """Return the file that a link in another leads to; None for a folder without README."""
    path = posixpath.normpath(posixpath.join(posixpath.dirname(source), target))
    if (root / path).is_dir():
        path = posixpath.join(path, "README.md")
        return path if (root / path).is_file() else None
    return path


def _targets(markdown: str) -> Iterator[str]:
    for match in _PARTS.finditer(markdown):
        if match["target"] and not _ELSEWHERE.match(match["target"]):
            yield match["target"].partition("#")[0]


def _named_pages(nav: Any) -> Iterator[str]:
    if isinstance(nav, str):
        yield nav
    elif nav is not None:
        for part in nav.values() if isinstance(nav, dict) else nav:
            yield from _named_pages(part)


def _root(config: MkDocsConfig) -> Path:
    return Path(config.config_file_path or "").parent
