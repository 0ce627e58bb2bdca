"""``python -m pytest_claims ledger junit.xml``: render the ledger from a JUnit report."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from pytest_claims.junit import JUnitError, read_suite
from pytest_claims.ledger import ledger_of
from pytest_claims.rendering import rendered


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m pytest_claims", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    ledger = commands.add_parser("ledger", help="write ledger.json, ledger.md and ledger.html")
    ledger.add_argument("report", type=Path, metavar="junit.xml", help="a JUnit report with claims")
    ledger.add_argument("--output", type=Path, metavar="DIR", help="where to (default: beside the report)")
    given = parser.parse_args(arguments)
    report: Path = given.report
    output: Path = given.output or report.parent
    try:
        found = ledger_of(read_suite(report))
        output.mkdir(parents=True, exist_ok=True)
        for name, content in rendered(found).items():
            (output / name).write_bytes(content)
            print(output / name)
    except JUnitError as error:
        message = str(error) if str(report) in str(error) else f"{report}: {error}"
        print(f"error: {message}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"error: {output}: expected a folder that can be written: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
