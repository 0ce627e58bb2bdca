"""Command line: ``python -m marker_coupling evidence DIR`` shows and saves what experiments found."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from marker_coupling.evidence.files import EXPERIMENT_SUFFIX
from marker_coupling.evidence.tables.evidence_table import write_evidence
from marker_coupling.evidence.values.evidence import EvidenceError
from marker_coupling.evidence.values.experiment_evidence import ExperimentEvidence
from marker_coupling.store.artifacts import ArtifactStore


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m marker_coupling", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    evidence = commands.add_parser(
        "evidence",
        help="show the evidence of every experiment in a folder of artifacts, and save it as tables",
    )
    evidence.add_argument("artifacts", type=Path, metavar="DIR", help="what pytest was given as --artifacts")
    evidence.add_argument(
        "--save", type=Path, default=Path(), metavar="FOLDER",
        help="where NAME.evidence.json, with all that was found and its provenance, and NAME.csv, a table, "
        "go (default: here); pytest --evidence=FILE reads both",
    )  # fmt: skip
    given = parser.parse_args(arguments)
    try:
        found, damaged = experiments(given.artifacts)
        if not found and not damaged:
            raise EvidenceError(f"{given.artifacts}: expected artifacts of an experiment, found no evidence")
        given.save.mkdir(parents=True, exist_ok=True)
        taken: set[str] = set()
        for one in found:
            name = _free(one.name, taken)
            table = given.save / f"{name}.csv"
            write_evidence(one, table)
            whole = table.with_suffix(EXPERIMENT_SUFFIX)
            one.write(whole)
            print(f"{_described(one)}\nsaved: {whole}, {table}\n")
        if damaged:
            raise EvidenceError(
                f"{given.artifacts}: expected evidence as it was written, got {damaged} damaged; "
                "run pytest again"
            )
    except (EvidenceError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def experiments(artifacts: Path) -> tuple[list[ExperimentEvidence], int]:
    """Return the evidence of every experiment in a folder of artifacts, and how many are damaged.

    Ordered by base model and seed.
    """
    store = ArtifactStore(artifacts)
    folders = [store.find("evidence", key) for key in store.keys("evidence")]
    found = [ExperimentEvidence.load(folder) for folder in folders if folder is not None]
    found.sort(key=lambda one: (one.provenance["base_model"], one.provenance["seed"]))
    return found, len(folders) - len(found)


def _free(name: str, taken: set[str]) -> str:
    free, copy = name, 1
    while free in taken:
        copy += 1
        free = f"{name}-{copy}"
    taken.add(free)
    return free


def _described(evidence: ExperimentEvidence) -> str:
    facts = "\n".join(f"  {key}: {value}" for key, value in evidence.properties.items())
    remarks = dict.fromkeys(f"  uninformative: {reason}" for reason in evidence.uninformative.values())
    return "\n".join([evidence.name, facts, *remarks, str(evidence)])


if __name__ == "__main__":
    sys.exit(main())
