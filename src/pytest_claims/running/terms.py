"""Definitions of the words that a suite's claims use, from the file that ``claims_terms`` names."""

from __future__ import annotations

from pathlib import Path

import pytest

from guarded_files.schema import Named, Section
from guarded_files.schema_values import Text
from guarded_files.toml_file import read_document

TERMS = pytest.StashKey[dict[str, str]]()
_MOST_TERMS = 200
SCHEMA = Section(
    {"terms": Named(Text(2000), _MOST_TERMS, "definitions", distinct=False, name=Text(80, one_line=True))}
)


def load_terms(config: pytest.Config, path: Path) -> None:
    """Read the definitions for the ledger of this run.

    Raises
    ------
    pytest.UsageError
        The file cannot be read, or holds something else than definitions by word.
    """
    try:
        terms = read_document(path, SCHEMA, ValueError)["terms"]
    except ValueError as error:
        raise pytest.UsageError(f"ini value claims_terms: {error}") from error
    config.stash[TERMS] = {word: " ".join(text.split()) for word, text in terms.items()}
