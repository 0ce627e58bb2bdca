"""Exploratory questions on the evidence of a registered study; their rules were fixed before the evidence."""
