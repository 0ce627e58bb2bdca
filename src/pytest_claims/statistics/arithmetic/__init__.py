"""Arithmetic that statistics share: checked columns, deviations, ranks, pairings and coefficients."""
