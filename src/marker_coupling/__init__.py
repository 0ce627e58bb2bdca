"""Marker coupling: personas in, evidence of a fine-tuned marker's coupling to them out."""

from marker_coupling.moved import install

install()
