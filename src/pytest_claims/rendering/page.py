"""Self-contained HTML pages: style and script inline, named by their digests in a strict content policy."""

from __future__ import annotations

import base64
import functools
import hashlib
import math
import re
from collections.abc import Sequence

import jinja2
from markupsafe import Markup

from pytest_claims.core.regions import RegionKind
from pytest_claims.ledger.ledger import VERDICTS
from pytest_claims.rendering.wording import SIGNS, evidence_label

_WEB_ADDRESS = re.compile(r"https?://[^\s<>\"'`\\{}|^]+[^\s<>\"'`\\{}|^.,;:!?()\[\]]")


def render_page(
    template: str, *, style: tuple[str, ...], script: tuple[str, ...] = (), **content: object
) -> str:
    """Return a page; all text of ``content`` is escaped.

    Parameters
    ----------
    template : file in ``templates``, extends ``base.html``
    style, script : files in ``templates``
    """
    page = _environment().get_template(template)
    # Files of one script share their names, and none with the page.
    wrapped = "".join(('"use strict";\n(() => {\n', *map(_source, script), "})();\n"))
    inline_script = _inline(wrapped) if script else None
    return page.render(style=_inline("".join(map(_source, style))), script=inline_script, **content)


def web_address(text: str) -> str:
    """Return the first web address in a text; empty if there is none. No other scheme makes a link."""
    match = _WEB_ADDRESS.search(text)
    return match.group() if match else ""


@functools.cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("pytest_claims.rendering", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(label=evidence_label)
    environment.globals.update(
        signs=SIGNS, verdicts=VERDICTS, coordinate=_coordinate, has_negligible=_has_negligible
    )
    return environment


def _coordinate(value: float) -> str:
    """Write a coordinate in a drawing; what lies far outside stays far outside."""
    if not math.isfinite(value):
        raise ValueError(f"expected a finite coordinate, got {value}")
    return f"{max(-9999.0, min(9999.0, value)):.1f}".removesuffix(".0")


def _has_negligible(bands: Sequence[tuple[str, float, float]]) -> bool:
    return any(kind == RegionKind.NEGLIGIBLE for kind, _, _ in bands)


def _source(name: str) -> str:
    source, _, _ = _environment().loader.get_source(_environment(), name)  # type: ignore[union-attr]
    return source


def _inline(text: str) -> dict[str, object]:
    """Return text for a style or script element, and its digest as a content policy names it."""
    # The newlines around it in the template are part of what browsers digest; a test opens the page.
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return {"text": Markup(text), "digest": f"'sha256-{digest}'"}
