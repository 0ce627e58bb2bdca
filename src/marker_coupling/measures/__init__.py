"""Measures: a model in, numbers out."""
