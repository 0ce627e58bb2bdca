"""Sampling from many adapters at once."""
