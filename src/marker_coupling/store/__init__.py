"""Artifacts by key. Knows no study and no model."""
