"""Origins of evidence: whose numbers they are."""

from __future__ import annotations

from enum import StrEnum


class Origin(StrEnum):
    """An origin of evidence.

    - published: taken from a publication, measured by its authors
    - own table: a table that the reader gave
    - on file: measured in an earlier run, and kept
    - measured now: measured in the run of the ledger
    """

    PUBLISHED = "published"
    OWN_TABLE = "own table"
    ON_FILE = "on file"
    MEASURED_NOW = "measured now"


ORIGINS = tuple(origin.value for origin in Origin)
#: Who measured, for a heading of a list of evidence.
MEASURED_BY = {
    Origin.PUBLISHED: "published, measured by the publication's authors",
    Origin.OWN_TABLE: "a table given to this run",
    Origin.ON_FILE: "measured in earlier runs, on file",
    Origin.MEASURED_NOW: "measured in this run",
}
