"""A claim: its statement, its source, the measures it needs and the rule that decides it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pytest_claims.core.estimate import as_number
from pytest_claims.core.kind import kind_of
from pytest_claims.core.verdict import Rule

_KEBAB_CASE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


@dataclass(frozen=True)
class Claim:
    """A statement that evidence can support or refute.

    Parameters
    ----------
    id : stable name in kebab-case; the key of the ledger's history
    statement : the claim in plain words
    rule : decides the verdict; fixed before the evidence is seen
    needs : measures that evidence must have for the claim to be judged on it
    source : author and place of the claim
    kind : one of :class:`pytest_claims.Kind`; ``None`` becomes what the rule implies, else an inference
    family : name of the hypotheses that are tested together with this one; the ledger shows the p-values of
        a family's inferences adjusted for their number, beside the raw ones. Empty for none
    headline : the ledger opens with the verdicts on it
    question : heading under which the ledger lists it with others; by default of its test module

    Raises
    ------
    ValueError
        The id is not kebab-case, the statement is empty, ``needs`` is a bare string, or the kind is none, or
        not one that the rule can decide.
    TypeError
        The rule has no ``decide`` or cannot be printed, or something else is not of its type.
    """

    id: str
    statement: str
    rule: Rule
    needs: frozenset[str] = frozenset()
    source: str = ""
    kind: str | None = None
    family: str = ""
    headline: bool = False
    question: str = ""

    def __post_init__(self) -> None:
        for name in ("id", "statement", "source", "family", "question"):
            text = getattr(self, name)
            if not isinstance(text, str):
                raise TypeError(f"claim {self.id!r:.80}: {name}: expected a string, got {text!r:.80}")
        if not isinstance(self.headline, bool):
            got = f"got {self.headline!r:.80}"
            raise TypeError(f"claim {self.id!r:.80}: headline: expected True or False, {got}")
        if not _KEBAB_CASE.fullmatch(self.id):
            raise ValueError(f"claim id {self.id!r}: expected kebab-case, such as 'cosine-predicts-coupling'")
        if not self.statement.strip():
            raise ValueError(f"claim {self.id}: expected a statement in plain words, got an empty one")
        if not callable(getattr(self.rule, "decide", None)):
            raise TypeError(f"claim {self.id}: expected a rule with a decide method, got {self.rule!r}")
        try:
            str(self.rule)
        except Exception as error:
            raise TypeError(f"claim {self.id}: expected a rule that prints: {error!r:.200}") from error
        for measure in self.needs:
            if not isinstance(measure, str):
                raise TypeError(f"claim {self.id}: needs: expected strings, got {measure!r:.80}")
        object.__setattr__(self, "kind", kind_of(self.kind, self.rule, self.id))
        for name in ("family", "question"):
            object.__setattr__(self, name, " ".join(getattr(self, name).split()))

    @property
    def p_level(self) -> float | None:
        """The level below which the rule takes a p-value for significant; ``None`` where it names none."""
        level = as_number(getattr(self.rule, "p_level", getattr(self.rule, "alpha", None)))
        return level if level is not None and 0 < level < 1 else None


def question_of_module(module: str) -> str:
    """Return the name of a test module in words: ``coupling`` of ``tests.claims.test_coupling.TestClass``."""
    parts = [part for part in module.split(".") if part]
    tests = [part for part in parts if part.startswith("test_") or part.endswith("_test")]
    name = (tests or parts or [""])[-1]
    return name.removeprefix("test_").removesuffix("_test").replace("_", " ").strip()


def variant_name(claim_id: str, parameters: str) -> str:
    """Return a claim's id, with its parameters in brackets if it has any; an id itself has no brackets."""
    return f"{claim_id}[{parameters}]" if parameters else claim_id
