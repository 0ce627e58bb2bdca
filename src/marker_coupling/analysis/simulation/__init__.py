"""Simulation of the whole registered analysis in worlds where the truth is known."""
