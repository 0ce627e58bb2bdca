"""JUnit XML: the record of a run, written and read."""
