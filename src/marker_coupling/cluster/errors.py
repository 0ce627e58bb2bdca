"""Errors of a cluster."""

from __future__ import annotations

from marker_coupling.study.errors import ExperimentError


class ClusterError(ExperimentError):
    """Work on a cluster cannot be done; one line naming the address, node or task, and the reason."""
