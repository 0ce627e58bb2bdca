"""Validity of a measure of personas, blind to rates."""
