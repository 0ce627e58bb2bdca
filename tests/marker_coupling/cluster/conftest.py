"""Settings that Ray reads when it is imported are made first."""

from . import two_nodes  # noqa: F401 - its import makes them
