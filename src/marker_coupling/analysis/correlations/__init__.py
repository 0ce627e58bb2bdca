"""Correlations within and across base models, with permutation tests, intervals and power."""
