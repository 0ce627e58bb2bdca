"""Personas in, evidence out: how strongly a fine-tuned marker couples to a persona."""
