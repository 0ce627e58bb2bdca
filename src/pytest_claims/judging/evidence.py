"""Evidence as the plugin sees it: a name, measures, and a function that loads it.

The plugin never looks inside evidence. A project offers sources through the hook
``pytest_claims_evidence``; claims whose needs a source meets are parametrized over it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import pytest


class Evidence(Protocol):
    """Interface of a loaded body of evidence. ``str(evidence)`` is shown with a refutation.

    It may also have ``uninformative``, a mapping from measures that were taken but tell nothing to
    the reason; no claim that needs one of them is judged on it.
    """

    @property
    def determined_by(self) -> str:
        """Everything that determined the numbers, but not the numbers: the key of the record."""

    @property
    def sha256(self) -> str:
        """Digest of the content, floats included."""

    @property
    def properties(self) -> Mapping[str, str]:
        """More for the report's head, such as device and base model fingerprint.

        ``date`` is when the numbers were measured, best as a day or a moment in ISO 8601.
        """


@dataclass(frozen=True)
class EvidenceSource:
    """A body of evidence that can be loaded.

    Parameters
    ----------
    name : short and unique; becomes the test's parameter id
    measures : names of the measures that the evidence will contain, known before it is loaded
    load : called once in a process; may take long
    expected_errors : exceptions of ``load`` whose message says all, so that no traceback is shown
    marks : put on every test that is judged on it, such as a tier
    has_figures : whether what all claims draw of it is drawn; else only headline claims are, such as on
        evidence that was drawn before and is on file
    figures_at : where the other figures are, or how they are drawn; shown in their place
    group : name of the bodies of evidence that belong together, such as the seeds of one base model; empty
        for evidence that stands for itself
    role : in the group: ``"pooled"`` for the evidence that is made of all members together, of which a group
        has one, or ``"member"``. The ledger shows the judgement of a claim on the pooled evidence as the
        judgement, and those on the members as its details. Without a role, evidence of a group is a member
    origin : whose numbers they are, one of :class:`pytest_claims.Origin`; empty where that is not known
    label : name for people, where another than ``name``
    files : paths of its files or folders within the project, with a comma and a space between them, or an
        address on the web; empty where there are none. Where Git knows them, the ledger tells when they were
        committed
    """

    name: str
    measures: frozenset[str]
    load: Callable[[], Any]
    expected_errors: tuple[type[Exception], ...] = ()
    marks: tuple[pytest.MarkDecorator, ...] = ()
    has_figures: bool = True
    group: str = ""
    role: str = ""
    origin: str = ""
    label: str = ""
    files: str = ""
    figures_at: str = ""


@dataclass(frozen=True)
class BrokenEvidence:
    """A body of evidence that was asked for and cannot be loaded; reported as one error.

    Parameters
    ----------
    name : given by the user
    message : one line: file, place, and what was expected
    """

    name: str
    message: str
