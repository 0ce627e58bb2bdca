"""Kinds of claims: only an inference is a finding about more than the numbers at hand."""

from __future__ import annotations

from enum import StrEnum


class Kind(StrEnum):
    """A kind of claim.

    - inference: about a population, of which the evidence is a sample; it has error rates
    - description: of the sample at hand, with nothing said beyond it
    - arithmetic: a printed number follows from the table beside it
    - instrument: the measurement works
    """

    INFERENCE = "inference"
    DESCRIPTION = "description"
    ARITHMETIC = "arithmetic"
    INSTRUMENT = "instrument"


KINDS = tuple(kind.value for kind in Kind)
#: In place of a kind where a report names none, as those of earlier versions do.
UNKNOWN = "unknown"


def kind_of(given: object, rule: object, claim_id: str) -> Kind:
    """Return the kind of a claim: as given, else as its rule implies, else an inference.

    Parameters
    ----------
    given : ``None`` if the claim names none
    rule : one that infers nothing has the attribute ``implied_kind``, and decides no inference

    Raises
    ------
    ValueError
        The kind is none of :data:`KINDS`, or it is an inference and the rule infers nothing.
    """
    implied = getattr(rule, "implied_kind", None)
    if given is None:
        return Kind.INFERENCE if implied is None else Kind(implied)
    if not isinstance(given, str) or given not in KINDS:
        raise ValueError(f"claim {claim_id}: kind: expected one of {', '.join(KINDS)}, got {given!r:.80}")
    if given == Kind.INFERENCE and implied is not None:
        others = ", ".join(kind for kind in KINDS if kind != Kind.INFERENCE)
        raise ValueError(
            f"claim {claim_id}: kind: expected one of {others}, as the rule {type(rule).__name__} infers "
            f"nothing, got {given!r}"
        )
    return Kind(given)
