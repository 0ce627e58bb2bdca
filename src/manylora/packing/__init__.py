"""Sequences of unlike lengths in one batch, and CUDA graphs of it."""
