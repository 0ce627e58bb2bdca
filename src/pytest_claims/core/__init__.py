"""Values that every room knows: claims, estimates, verdicts, numbers in print and the names of figures."""
