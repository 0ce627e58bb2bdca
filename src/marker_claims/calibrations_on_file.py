"""Calibrations on file: the base models whose measure failed the check of validity."""

from __future__ import annotations

from pathlib import Path

from guarded_files import read_json, refusal
from guarded_files.schema import Array, Section, Unchecked
from guarded_files.schema_values import NAME, Mismatch, Text
from marker_coupling.evidence.values.fields import EvidenceError

MOST_BYTES = 2**20
_TABLE, _ARRAY = Unchecked((dict,), "a table"), Unchecked((list,), "an array")
#: As `marker_coupling.pipeline.calibration_report` writes it; what only its figures show is not checked.
CALIBRATION = Section(
    {
        "base_model": NAME,
        "fingerprint": NAME,
        "precision": NAME,
        "registration": NAME,
        "chosen": _TABLE,
        "settings": _ARRAY,
        "validity": Section(
            {
                "agreement": _TABLE,
                "retrieval": _TABLE,
                "reliability": Unchecked((dict, float, int), "a table or a number"),
                "failures": Array(Text(one_line=True), 100, "reasons", least=0, distinct=False),
                "retrieval_by_layer": _ARRAY,
            }
        ),
    }
)


def failed_validity(folder: Path, suffix: str) -> dict[str, str]:
    """Return base models whose calibration failed the check of validity, each with the reason.

    Parameters
    ----------
    folder : of the calibrations; may be missing
    suffix : of their files

    Raises
    ------
    EvidenceError
        One line naming the file, the key and the expectation, of the first file that is no calibration.
    """
    reasons = {}
    for path in sorted(folder.glob(f"*{suffix}")):
        content = read_json(path, MOST_BYTES, EvidenceError)
        try:
            report = CALIBRATION.check(content)
        except Mismatch as error:
            expected = f"expected the calibration of a registered study: {error!s:.200}"
            raise refusal(EvidenceError, path, "", expected) from error
        if failures := report["validity"]["failures"]:
            reasons[report["base_model"]] = "; ".join(failures)
    return reasons
