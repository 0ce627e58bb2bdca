"""Loads the application: options, tiers and evidence of this project's own test session."""

pytest_plugins = ["marker_claims.plugin"]
