"""Command line: ``python -m marker_coupling evidence DIR`` shows and saves the evidence of experiments."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from marker_coupling.evidence.files import EXPERIMENT_SUFFIX, unique_name, without_chosen_layer
from marker_coupling.evidence.tables.evidence_table import write_evidence
from marker_coupling.evidence.values.evidence import EvidenceError
from marker_coupling.evidence.values.experiment_evidence import FILE, ExperimentEvidence
from marker_coupling.store.artifacts import ArtifactStore


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m marker_coupling", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser(
        "evidence",
        help="show the evidence of every experiment in a folder of artifacts, and save it as tables",
    )
    command.add_argument("artifacts", type=Path, metavar="DIR", help="what pytest was given as --artifacts")
    command.add_argument(
        "--save", type=Path, default=Path(), metavar="FOLDER",
        help="where NAME.evidence.json, with all that was found and its provenance, and NAME.csv, a table, "
        "go (default: here); pytest --evidence=FILE reads both",
    )  # fmt: skip
    given = parser.parse_args(arguments)
    try:
        experiments, damaged = read_experiments(given.artifacts)
        if not experiments and not damaged:
            raise EvidenceError(f"{given.artifacts}: expected artifacts of an experiment, found no evidence")
        given.save.mkdir(parents=True, exist_ok=True)
        taken: set[str] = set()
        for evidence in experiments:
            name = unique_name(evidence.name, taken)
            taken.add(name)
            table = given.save / f"{name}.csv"
            write_evidence(evidence, table)
            document = table.with_suffix(EXPERIMENT_SUFFIX)
            evidence.write(document)
            print(f"{_describe(evidence)}\nsaved: {document}, {table}\n")
        if damaged:
            raise EvidenceError(
                f"{given.artifacts}: expected evidence as it was written, got {damaged} damaged; "
                "run pytest again"
            )
    except (EvidenceError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def read_experiments(artifacts: Path) -> tuple[list[ExperimentEvidence], int]:
    """Return the evidence of every experiment in a folder of artifacts, and the number of damaged ones.

    Ordered by base model and seed.
    """
    store = ArtifactStore(artifacts)
    folders = [store.find("evidence", key) for key in store.keys("evidence")]
    experiments = [
        without_chosen_layer(ExperimentEvidence.read(folder / FILE))
        for folder in folders
        if folder is not None
    ]
    experiments.sort(key=lambda evidence: (evidence.provenance["base_model"], evidence.provenance["seed"]))
    return experiments, len(folders) - len(experiments)


def _describe(evidence: ExperimentEvidence) -> str:
    facts = "\n".join(f"  {key}: {value}" for key, value in evidence.properties.items())
    remarks = dict.fromkeys(f"  uninformative: {reason}" for reason in evidence.uninformative.values())
    return "\n".join([evidence.name, facts, *remarks, str(evidence)])


if __name__ == "__main__":
    sys.exit(main())
