"""The ledger as one plain HTML page that works from a file, without scripts."""

from __future__ import annotations

import jinja2

from pytest_claims.ledger import Ledger
from pytest_claims.numbers import interval_text, number_text, p_text


def as_html(ledger: Ledger) -> str:
    """Return the ledger as an HTML page; all text from the report is escaped."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("pytest_claims.rendering", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(number=number_text, p=p_text)
    environment.globals.update(interval=interval_text)
    return environment.get_template("ledger.html").render(ledger=ledger)
