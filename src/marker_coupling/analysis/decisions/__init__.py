"""Hypotheses, their sequence, and the verdicts."""
