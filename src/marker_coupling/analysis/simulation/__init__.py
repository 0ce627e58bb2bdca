"""Simulation of the whole registered analysis: how often it errs and what it finds, in worlds where the truth is known."""
