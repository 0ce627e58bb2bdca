"""Correlations within and across base models, with permutation tests and intervals."""
