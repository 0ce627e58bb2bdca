"""Artifacts by key. Knows no study and no model."""

from marker_coupling.moved import names_of

__getattr__ = names_of(__name__, ["marker_coupling.store.artifacts"])
