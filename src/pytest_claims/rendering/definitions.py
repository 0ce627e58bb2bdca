"""Definitions of the words that a page uses: those of every ledger, and those of the suite."""

from __future__ import annotations

from collections.abc import Mapping

#: Words of every ledger.
COMMON = {
    "supported": "The claimed direction, at the claimed significance.",
    "refuted": "The interval excludes every effect worth having in the claimed direction, or the opposite is "
    "significant.",
    "inconclusive": "Neither: the evidence does not decide.",
    "uninformative": "No verdict: the measure is not reliable on this evidence.",
    "error": "No verdict: the measurement is broken.",
    "inference": "A claim about a population of which the evidence is a sample, with error rates. Only "
    "judgements of inferences are findings.",
    "description": "A claim about the sample at hand, with nothing said beyond it.",
    "arithmetic": "A claim that a printed number follows from the table beside it.",
    "instrument": "A claim that the measurement works.",
    "interval": "Of so many samples as good as this one, the share that is named, such as 95%, has the true "
    "effect in its interval.",
    "p": "How often chance alone gives an estimate as far from no effect as this one.",
    "p, adjusted": "The p-value after Holm's correction for the number of hypotheses of its family on the "
    "same evidence; verdicts are by the raw one.",
    "N": "The number of independent units that an estimate rests on.",
    "N that 80% power needs": "Units with which the smallest effect of interest would be found in 80% of "
    "samples.",
    "rule fixed": "The commit that last changed the lines that state the claim, its rule and the measures it "
    "needs, and the day of that commit. A rule that was committed after its evidence says so.",
    "smallest effect of interest": "Below it a rule takes an effect for none; fixed beforehand.",
    "pooled": "Of evidence that is made of all members of a group together. Its judgement counts once, and "
    "those on the members are its details.",
    "weight": "Share of a member in the pooled estimate, as the analysis tells it.",
    "committed": "Date on which the files of evidence were last committed to the repository. The evidence "
    "was measured on that day or before.",
    "published": "Numbers taken from a publication, measured by its authors.",
    "on file": "Numbers measured in an earlier run and kept.",
    "own table": "Numbers of a table that was given to the run.",
    "measured now": "Numbers measured in the run that made this ledger.",
}


def definitions(terms: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return the words of the suite, then those of every ledger that the suite does not define itself."""
    return [*terms.items(), *((word, text) for word, text in COMMON.items() if word not in terms)]
