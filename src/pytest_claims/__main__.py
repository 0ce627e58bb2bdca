"""``python -m pytest_claims``; see :mod:`pytest_claims.command_line`."""

import sys

from pytest_claims.command_line import main

if __name__ == "__main__":
    sys.exit(main())
